#!/bin/sh
{
  echo "[server]"
  echo "port = $PORT"
} > settings.toml
exec /serve settings.toml

#!/bin/sh
if [ "$1" = python ]; then
  echo starting
fi
exec "$@"

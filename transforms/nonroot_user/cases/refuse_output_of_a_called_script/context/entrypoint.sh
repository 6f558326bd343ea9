#!/bin/sh
/settings.sh > settings.toml
exec /serve settings.toml

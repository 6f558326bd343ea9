#!/bin/sh
set -e
mkdir -p /tmp/cache
exec "$@"

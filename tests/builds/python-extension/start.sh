#!/bin/sh
set -e
echo '$GREETING' | envsubst > /tmp/greeting
exec "$@"

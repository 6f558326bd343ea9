#!/bin/sh
set -e
mkdir -p /var/lib/app
chown -R app:app /var/lib/app
exec gosu app "$@"

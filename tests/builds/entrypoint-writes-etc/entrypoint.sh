#!/bin/sh
set -e
envsubst < /usr/share/app/app.conf.in > /etc/app.conf
exec "$@"

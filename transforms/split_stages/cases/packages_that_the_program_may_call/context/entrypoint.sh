#!/bin/sh
envsubst < site.conf.in > /tmp/site.conf
exec "$@"

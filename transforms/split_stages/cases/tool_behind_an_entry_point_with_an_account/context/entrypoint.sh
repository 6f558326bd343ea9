#!/bin/sh
set -e
chown -R lamp /data
exec setpriv --reuid lamp --init-groups "$@"

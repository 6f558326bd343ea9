#!/bin/bash
set -e
if [ "$(id -u)" = 0 ]; then
  chown -R clock /data
  exec gosu clock "$@"
fi
exec "$@"

#!/bin/sh
if [ $# -eq 0 ]; then
  set -- git daemon --base-path=/app
fi
exec "$@"

#!/bin/sh
set -e
install -d -m 755 /queue/new
exec "$@"

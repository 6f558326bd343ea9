#!/bin/sh
FETCH=${FETCH:-curl}
exec "$FETCH" "$@"

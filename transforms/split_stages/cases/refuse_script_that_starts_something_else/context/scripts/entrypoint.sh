#!/bin/sh
set -e
if [ "$SEED" = 1 ]; then
    seed
fi
exec "$@"

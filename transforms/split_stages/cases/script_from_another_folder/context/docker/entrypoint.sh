#!/bin/sh
set -e
wait-for "$DATABASE_URL"
exec "$@"

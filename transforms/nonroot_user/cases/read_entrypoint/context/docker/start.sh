#!/bin/sh
set -e
mkdir -p /app/uploads
python manage.py migrate
exec "$@"

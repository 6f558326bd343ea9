#!/bin/sh
sed -i "s|__API__|$API|g" /app/build/index.html
exec "$@"

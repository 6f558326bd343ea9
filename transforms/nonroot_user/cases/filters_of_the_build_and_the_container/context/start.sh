#!/bin/sh
echo "$(awk '{ print $1 }' names.txt)"
exec "$@"

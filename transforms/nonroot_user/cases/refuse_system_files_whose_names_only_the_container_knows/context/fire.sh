#!/bin/sh
for template in /app/templates/*.tpl; do
  envsubst < "$template" > /etc/kiln/"$(basename "${template%.tpl}")"
done
exec "$@"

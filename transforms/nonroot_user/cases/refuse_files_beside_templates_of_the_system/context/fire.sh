#!/bin/sh
for template in /etc/kiln/*.tpl; do
  envsubst < "$template" > "${template%.tpl}"
done
exec "$@"

#!/bin/sh
for part in /fire.d/*.sh; do
  "$part"
done
exec "$@"

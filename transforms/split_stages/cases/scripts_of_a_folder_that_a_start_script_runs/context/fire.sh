#!/bin/sh
for part in ./fire.d/*; do
  . "$part"
done
exec "$@"

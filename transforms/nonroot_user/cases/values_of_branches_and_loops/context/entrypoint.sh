#!/bin/bash
set -e
# What the script assigns counts, and not what the image gives.
SPOOL=/queue/new
mkdir -p "$SPOOL"

if [ "$MODE" = test ]; then
  OUT=/tmp/out
else
  OUT=/reports-of/shop
fi
[ -n "$ALTERNATIVE" ] && OUT=/alternative/shop
mkdir -p "$OUT"

NAMES="incoming outgoing"
for name in $NAMES; do
  mkdir -p "/transfers/$name"
done

FOLDERS=(/first/a "/first/b")
for folder in "${FOLDERS[@]}"; do
  mkdir -p "$folder"
done
mkdir -p /second/{a,b}

echo '{"a": 1, "b": 2}' > /queue/new/state.json

exec "$@"

#!/bin/sh
. ~/.profile
[ "$GREETING" = hi ] || exit 1
echo "$(id -un) $HOME"
touch state
jq -c . data.json

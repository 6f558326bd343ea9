#!/bin/sh
mkdir -p cache/pages
touch cache/pages/list
sed -i "s|__API__|$API|g" build/index.html
exec node server.js

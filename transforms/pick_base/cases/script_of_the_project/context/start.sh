#!/bin/sh
set -e
wget -q http://config/ -O config.json
exec node server.js

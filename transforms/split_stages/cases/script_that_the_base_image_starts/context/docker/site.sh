#!/bin/sh
cd /srv/quay
npm run build
cp -r dist/. /usr/share/nginx/html/

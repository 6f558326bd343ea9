#!/bin/sh
cp -r /srv/quay/public/. /usr/share/nginx/html/

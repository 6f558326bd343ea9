#!/bin/sh
apt-get install -y "$EXTRA_PACKAGES"
exec sleep infinity

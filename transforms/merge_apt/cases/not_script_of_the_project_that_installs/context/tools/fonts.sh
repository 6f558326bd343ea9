#!/bin/bash
set -e
apt-get install -y --no-install-recommends fonts-dejavu-core
fc-cache -f

#!/bin/sh
set -e
# The library of the machine may be a newer one.
python build_hash.py
exec python app.py

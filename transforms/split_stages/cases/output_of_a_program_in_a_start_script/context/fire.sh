#!/bin/sh
set -e
ADDRESS="$(curl -fsS http://metadata/address)"
exec python kiln.py --revision `git rev-parse HEAD` --address "$ADDRESS"

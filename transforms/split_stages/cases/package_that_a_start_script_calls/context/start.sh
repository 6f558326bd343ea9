#!/bin/sh
python3 poll.py &
exec node server.js

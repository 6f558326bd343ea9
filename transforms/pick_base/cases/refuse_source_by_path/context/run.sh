#!/bin/sh
exec /usr/bin/python3 app.py

#!/bin/sh
set -e
sqlite3 /tmp/x.db .dump > dump.sql

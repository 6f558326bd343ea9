#!/bin/sh
exec bundle exec rackup --host 0.0.0.0 --port 9292

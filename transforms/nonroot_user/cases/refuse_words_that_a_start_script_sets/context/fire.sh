#!/bin/sh
[ $# -gt 0 ] || set -- tcpdump -i any
exec "$@"

#!/bin/sh
set -e
. "$(dirname "$0")/log.sh"

SPOOL=${SPOOL:-/spool/worker}
: "${STATE:=/state}"
export SPOOL STATE
mkdir -p "$SPOOL" "$STATE/jobs"
log "started"
exec "$@"

#!/bin/sh
PLACE=/kiln/$(hostname)
mkdir -p "$PLACE/plans" /firings/"$KILN"
SPOOL=/spool/
cp plan.json "${SPOOL%/}/next"
exec "$@"

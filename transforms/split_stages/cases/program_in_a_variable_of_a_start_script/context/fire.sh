#!/bin/sh
FETCH=${FETCH:-wget}
"$FETCH" -q -O plan.json http://plans/kiln
$TASK
exec python kiln.py

#!/bin/bash
# page.sh DATABASE TEMPLATE: the template with its ${VARIABLES} filled in
set -euo pipefail

row() { sqlite3 -separator '</td><td>' "$1" "$2" | sed 's|.*|<tr><td>&</td></tr>|'; }

TITLE="Sales report"
FROM_DAY=$(sqlite3 "$1" 'SELECT min(day) FROM sales')
TO_DAY=$(sqlite3 "$1" 'SELECT max(day) FROM sales')
ROWS=$(row "$1" 'SELECT region, product, sum(amount) FROM sales GROUP BY region, product ORDER BY 1, 2')
export TITLE FROM_DAY TO_DAY ROWS
envsubst <"$2"

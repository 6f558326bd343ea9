#!/bin/bash
# chart.sh DATABASE PNG: one bar for each region
set -euo pipefail

x=10
bars=()
while IFS='|' read -r region total; do
    bars+=(-draw "rectangle $x,$((210 - total / 25)) $((x + 60)),210")
    x=$((x + 80))
done < <(sqlite3 "$1" 'SELECT region, sum(amount) FROM sales GROUP BY region ORDER BY region')

convert -size $((x + 10))x220 xc:white -fill steelblue "${bars[@]}" "$2"

#!/bin/bash
# Sales report: data/*.json -> SQLite -> HTML page, bar chart and a zip of both in $OUTPUT.
#
#   report.sh all       everything, then the summary on standard output
#   report.sh summary   only the summary
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${OUTPUT:-$here/out}
db=$out/sales.db

load() {
    rm -f "$db"
    sqlite3 "$db" 'CREATE TABLE sales (day TEXT, region TEXT, product TEXT, amount INTEGER)'
    for file in "$here"/data/*.json; do
        jq -r '.[] | [.day, .region, .product, .amount] | @csv' "$file"
    done >"$out/sales.csv"
    sqlite3 "$db" -cmd '.mode csv' ".import $out/sales.csv sales"
}

summary() {
    sqlite3 -separator ' ' "$db" 'SELECT region, count(*), sum(amount) FROM sales GROUP BY region ORDER BY region'
}

case ${1:-all} in
    all)
        load
        "$here/bin/chart.sh" "$db" "$out/chart.png"
        "$here/bin/page.sh" "$db" "$here/templates/report.html" >"$out/report.html"
        tidy -quiet -errors "$out/report.html"
        (cd "$out" && rm -f report.zip && zip -q report.zip report.html chart.png sales.csv)
        summary
        echo "chart $(identify -format '%wx%h' "$out/chart.png")"
        echo "files $(zip -sf "$out/report.zip" | grep -c "^  ")"
        ;;
    summary)
        load
        summary
        ;;
    *)
        echo "usage: report.sh all|summary" >&2
        exit 2
        ;;
esac

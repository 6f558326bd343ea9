#!/bin/sh
echo '{"kettle": "on"}' | jq -r .kettle
tree -i --noreport -L 1 /var/spool | head -n 1

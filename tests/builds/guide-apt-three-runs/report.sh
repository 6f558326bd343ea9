#!/bin/sh
echo '{"kettle": "on"}' | jq -r .kettle
tree -i --noreport / -L 1 | grep -c usr

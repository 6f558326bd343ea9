#!/bin/sh
jq . /srv/data.json

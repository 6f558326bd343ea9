#!/bin/sh
echo "port = $PORT"

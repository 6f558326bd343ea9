#!/bin/sh
git pull origin "$1"

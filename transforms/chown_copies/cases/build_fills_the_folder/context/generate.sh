#!/bin/sh
echo 1 > a

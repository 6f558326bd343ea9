#!/bin/sh
mkdir -p /firings

#!/bin/sh
wget -q http://example.com/

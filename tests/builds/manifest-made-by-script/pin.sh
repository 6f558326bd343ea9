#!/bin/sh
cp pins.txt requirements.txt

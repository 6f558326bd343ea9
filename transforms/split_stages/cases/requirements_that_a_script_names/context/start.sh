#!/bin/sh
pip check -r requirements.txt
exec python main.py

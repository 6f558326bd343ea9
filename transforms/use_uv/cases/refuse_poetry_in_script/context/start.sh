#!/bin/sh
exec poetry run python app.py

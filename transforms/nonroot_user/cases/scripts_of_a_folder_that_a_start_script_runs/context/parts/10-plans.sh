#!/bin/sh
mkdir -p /plans

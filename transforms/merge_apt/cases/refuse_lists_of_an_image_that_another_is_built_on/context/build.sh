#!/bin/sh
docker build -t tools .
docker build -t more -f Dockerfile.more .

#!/bin/sh
test -f ready && exec mvn spring-boot:run "$@"

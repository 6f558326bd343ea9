#!/bin/bash
exec java -jar target/shop-1.0.jar

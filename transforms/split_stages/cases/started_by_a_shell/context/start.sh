#!/bin/sh
exec ./kettle

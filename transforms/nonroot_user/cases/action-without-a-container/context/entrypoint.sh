#!/bin/bash
exec shop --serve

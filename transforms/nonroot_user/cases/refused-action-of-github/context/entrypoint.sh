#!/bin/bash
shop --check "$GITHUB_WORKSPACE"

#!/bin/bash
set -e
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
VERSION="$(git --version)"
"$HERE/fetch.sh" --version
FIRING="/firings/$(hostname)"
mkdir -p "$FIRING/plans"
touch "$FIRING/plans/first"
[ $# -gt 0 ] || set -- python kiln.py "$VERSION"
exec "$@"

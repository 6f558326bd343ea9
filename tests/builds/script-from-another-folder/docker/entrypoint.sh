set -e
git --version
exec "$@"

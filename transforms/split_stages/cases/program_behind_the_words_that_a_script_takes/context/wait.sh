#!/bin/sh
until python -c "import redis; redis.Redis.from_url('redis://$1').ping()"; do sleep 1; done
shift
exec "$@"

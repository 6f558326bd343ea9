#!/bin/sh
export C_FORCE_ROOT=1
exec celery -A tasks worker --pidfile=/var/run/celery.pid

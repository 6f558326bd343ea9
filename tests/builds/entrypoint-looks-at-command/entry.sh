#!/bin/sh
# People call the image with arguments for the program, or with a command.
case "$1" in
  /bin/*) exec "$@" ;;
  *) exec python /app/app.py --arguments "$@" ;;
esac

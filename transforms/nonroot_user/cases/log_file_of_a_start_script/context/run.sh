#!/bin/sh
cat /usr/share/banner
exec gunicorn --error-logfile /var/log/shop/error.log --certfile /certs/site.pem shop:app

from bottle import run
from _hash import lib

lib.sodium_init()
run(host="0.0.0.0", port=8080)

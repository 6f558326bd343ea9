import psycopg2
from psycopg2 import extensions

print("libpq", extensions.libpq_version() // 10000)

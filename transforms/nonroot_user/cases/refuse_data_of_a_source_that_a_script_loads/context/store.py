import sqlite3

PLACE = "shop.db"


def connect():
    return sqlite3.connect(PLACE)


def fill():
    with connect() as database:
        database.execute("create table if not exists orders (id)")

import os
import sqlite3

os.chdir("/var/lib/shop")

with open("shop.pid", "w") as pid:
    pid.write("1")
sqlite3.connect("shop.db").execute("create table t (a)")

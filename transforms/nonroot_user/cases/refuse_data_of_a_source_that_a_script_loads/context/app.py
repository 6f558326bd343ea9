from store import connect

with connect() as database:
    database.execute("insert into orders values (1)")

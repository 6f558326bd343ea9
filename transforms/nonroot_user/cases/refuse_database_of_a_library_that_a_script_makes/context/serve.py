import duckdb

duckdb.connect("rates.duckdb").execute("insert into rates values (2)")

import duckdb

duckdb.connect("rates.duckdb").execute("create table rates as select 1 as eur")

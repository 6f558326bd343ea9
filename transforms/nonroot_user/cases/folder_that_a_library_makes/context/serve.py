import lancedb

lancedb.connect("/data/lance").create_table("t", [{"a": 1}])

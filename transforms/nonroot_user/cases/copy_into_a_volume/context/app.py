open("/data/seed.db","a").write("x")

open("/tmp/app/cache/a","w").write("x")

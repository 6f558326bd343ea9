open("/tmp/app/cache/a","a").write("y")
print(open("/tmp/app/cache/a").read())

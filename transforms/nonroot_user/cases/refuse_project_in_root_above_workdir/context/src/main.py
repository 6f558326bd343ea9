open("x.txt", "a").write("1")

open("data/index.txt", "a").write("1")

open("data/uploads/first.txt", "w").write("1")

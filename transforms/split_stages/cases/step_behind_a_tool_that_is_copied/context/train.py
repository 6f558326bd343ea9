open("model", "w").write("1")

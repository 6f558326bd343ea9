open("data/state.txt", "w").write("x")

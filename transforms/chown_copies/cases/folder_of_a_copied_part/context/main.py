open("conf/state.ini", "a").write("x")

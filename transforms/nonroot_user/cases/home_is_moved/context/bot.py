open("state.json", "w").write("{}")

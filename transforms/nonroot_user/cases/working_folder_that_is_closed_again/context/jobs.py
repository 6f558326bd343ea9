with open("seen.log", "a") as seen:
    seen.write("x")

open("logs/x.log", "w")

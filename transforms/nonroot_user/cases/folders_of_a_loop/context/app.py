open("logs/shop.log", "a").write("1")

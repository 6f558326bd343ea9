open("data/uploads/first.txt", "w").write("1")
open("logs/shop.log", "a").write("1")

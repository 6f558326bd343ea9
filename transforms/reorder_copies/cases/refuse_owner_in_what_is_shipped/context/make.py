open("page.html", "w").write("shop")

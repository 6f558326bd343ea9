with open("out/table.csv", "w") as out:
    out.write("1\n")

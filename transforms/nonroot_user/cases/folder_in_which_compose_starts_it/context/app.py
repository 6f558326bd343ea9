with open("report.txt", "w") as report:
    report.write("done")

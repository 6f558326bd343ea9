with open("counts.json", "w") as counts:
    counts.write("{}")

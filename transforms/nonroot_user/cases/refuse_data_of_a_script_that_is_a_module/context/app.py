import json


def count(name):
    counts = json.load(open("counts.json"))
    counts[name] = counts.get(name, 0) + 1
    json.dump(counts, open("counts.json", "w"))

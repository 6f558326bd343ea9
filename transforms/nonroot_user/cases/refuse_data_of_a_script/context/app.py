import json
s = json.load(open("data/state.json"))
json.dump(s, open("data/state.json", "w"))
print("ok")

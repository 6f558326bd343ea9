import json, os
os.makedirs("data", exist_ok=True)
json.dump({}, open("data/state.json", "w"))

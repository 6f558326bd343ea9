import os

print("paid with", len(os.environ["KETTLE_TOKEN"]), "characters")

import os

os.makedirs("/data/store", exist_ok=True)
with open("/data/store/one", "w") as file:
    file.write("stored in /data")
print(open("/data/store/one").read())

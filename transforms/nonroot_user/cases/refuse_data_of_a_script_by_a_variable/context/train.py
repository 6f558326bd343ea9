import os

os.makedirs("artifacts", exist_ok=True)
with open("artifacts/model.txt", "w") as model:
    model.write("2")

import os

os.makedirs("/data/store", exist_ok=True)

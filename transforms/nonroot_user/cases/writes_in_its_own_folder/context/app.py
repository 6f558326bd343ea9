import os

os.makedirs("/app/store", exist_ok=True)
os.makedirs("/tmp/cache", exist_ok=True)

import os, sqlite3
DATA_DIR = os.environ.get("DATA_DIR", "/data")
os.makedirs(DATA_DIR, exist_ok=True)
sqlite3.connect(os.path.join(DATA_DIR, "app.db"))

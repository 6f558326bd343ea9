from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
DATABASE_URL = "sqlite:///app.db"

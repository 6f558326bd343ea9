DATABASE_URL = "sqlite:///./data/app.db"

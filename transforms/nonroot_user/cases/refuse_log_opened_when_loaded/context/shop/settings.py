from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
LOGGING = {
    "version": 1,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": BASE_DIR / "debug.log"}},
    "root": {"handlers": ["file"]},
}

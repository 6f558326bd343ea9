import sys
from pathlib import Path


def main():
    path = Path(sys.prefix, "share/almanac/year.txt")
    print(f"data from {path}: {path.read_text().strip()}")

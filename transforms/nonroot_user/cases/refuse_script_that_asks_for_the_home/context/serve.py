from pathlib import Path

print((Path.home() / ".rates" / "rates.csv").read_text())

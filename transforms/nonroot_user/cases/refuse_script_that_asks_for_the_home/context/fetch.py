from pathlib import Path

folder = Path.home() / ".rates"
folder.mkdir()
(folder / "rates.csv").write_text("EUR;1")

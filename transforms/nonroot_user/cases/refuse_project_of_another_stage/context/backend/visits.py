from pathlib import Path

visits = Path(__file__).parent / "visits.txt"
visits.write_text("one visit\n")

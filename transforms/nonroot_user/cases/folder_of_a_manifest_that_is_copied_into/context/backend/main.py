from pathlib import Path
p=Path(__file__).parent/"x.txt"
p.write_text("1")

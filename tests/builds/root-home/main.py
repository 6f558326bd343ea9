from pathlib import Path

home = Path.home()
conf = (home / ".config/tool/tool.conf").read_text().strip()
model = (home / ".cache/tool/model.bin").read_text().strip()
(home / ".cache/tool/last-run").write_text("now")
print(conf, f"cached={model}")

import os
from pathlib import Path

Path("/var/run/app.pid").write_text(str(os.getpid()))
log = Path("/var/log/app/main.log")
log.parent.mkdir(parents=True, exist_ok=True)
log.write_text("started")
print(log.read_text())

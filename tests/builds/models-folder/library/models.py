"""Keeps what it is asked for where the libraries of models do."""

import os
from pathlib import Path


def from_pretrained(name):
    hub = Path(os.environ["HF_HOME"]) / "hub"
    hub.mkdir(parents=True, exist_ok=True)
    model = hub / name
    if not model.exists():
        model.write_text(name)
    return sorted(path.name for path in hub.iterdir())

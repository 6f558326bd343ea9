import subprocess
import sys

import flask

HELP = "to have colours: pip install rich"


def install(requirement):
    subprocess.run([sys.executable, "-m", "pip", "install", "--target", "plugins", requirement], check=True)

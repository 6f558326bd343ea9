import subprocess
import sys

import flask


def install(requirement):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            requirement,
        ],
        check=True,
    )

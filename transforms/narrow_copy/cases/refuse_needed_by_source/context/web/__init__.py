import subprocess

VERSION = subprocess.check_output(["hg", "id", "-i"], text=True).strip()

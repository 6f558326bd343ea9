import subprocess

log = subprocess.check_output(["git", "log"])

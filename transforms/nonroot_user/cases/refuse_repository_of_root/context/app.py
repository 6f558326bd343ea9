import subprocess

print(subprocess.check_output(["git", "-C", "/srv/repo", "log"]))

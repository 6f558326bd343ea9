import subprocess

print(subprocess.check_output(["fc-list"]))

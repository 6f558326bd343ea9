import subprocess

subprocess.run(["uv", "run", "moon.py"], check=True)

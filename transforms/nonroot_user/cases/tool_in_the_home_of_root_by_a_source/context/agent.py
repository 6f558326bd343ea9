import json
import subprocess

with open("servers.json") as file:
    servers = json.load(file)

for server in servers:
    subprocess.run([server["command"], *server["args"]], check=True)

import docker

for event in docker.from_env().events(decode=True):
    print(event["Action"])

import tomllib

print(open("config.yaml").read())

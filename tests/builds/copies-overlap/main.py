from importlib.metadata import version

print("settings of", open("settings.txt").read().strip() + ",", version("iniconfig"))

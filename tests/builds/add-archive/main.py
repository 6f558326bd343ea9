from importlib.metadata import version

print(open("assets/word.txt").read().strip() + ":", version("iniconfig"))

from importlib.metadata import version

print(open("/srv/site/page.txt").read().strip() + ",", version("iniconfig"))

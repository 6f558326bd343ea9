import iniconfig

assert iniconfig.IniConfig
print(open("outer.txt").read().strip(), open("app/inner.txt").read().strip())

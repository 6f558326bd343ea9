import importlib.util

import itsdangerous

name = itsdangerous.__file__.split("/lib/")[0]
print(itsdangerous.__name__, name, importlib.util.find_spec("iniconfig"))

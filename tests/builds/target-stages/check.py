import cachetools
import iniconfig

assert cachetools.LRUCache(1) is not None and iniconfig.IniConfig is not None
print("2 tests pass")

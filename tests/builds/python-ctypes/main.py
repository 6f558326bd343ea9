import ctypes

import iniconfig

libxml2 = ctypes.CDLL("libxml2.so.2")
version = ctypes.c_char_p.in_dll(libxml2, "xmlParserVersion").value
assert iniconfig.IniConfig
print("libxml2", int(version[:5]) // 10000)

import ctypes

xml = ctypes.CDLL("libxml2.so.2")

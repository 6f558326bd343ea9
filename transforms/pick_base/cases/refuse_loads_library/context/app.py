import ctypes
ctypes.CDLL("libpq.so.5")

from cffi import FFI

ffi = FFI()
ffi.cdef("int sodium_init(void);")
ffi.set_source("_hash", "#include <sodium.h>", libraries=["sodium"])
if __name__ == "__main__":
    ffi.compile(verbose=True)

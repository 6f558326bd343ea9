import sys

import itsdangerous

print(itsdangerous.__name__, sys.prefix != sys.base_prefix)

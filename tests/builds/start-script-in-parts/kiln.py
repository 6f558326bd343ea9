import sys

import idna

print("encoded", idna.encode("münchen.example").decode(), "by", sys.argv[1])

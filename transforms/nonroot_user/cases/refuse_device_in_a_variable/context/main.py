import os

print(open(os.environ["METER"], "rb").read(8))

import os

print(open(os.environ["STATIONS"]).read())

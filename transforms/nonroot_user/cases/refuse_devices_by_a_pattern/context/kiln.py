import glob

for path in glob.glob("/dev/ttyUSB*"):
    print(open(path).read())

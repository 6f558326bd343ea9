print(open("terms.txt").read())

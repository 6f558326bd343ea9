print(open("/data/secret.txt").read())

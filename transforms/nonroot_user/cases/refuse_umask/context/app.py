print(open("/data/keys/k").read())

print(open("model").read())

print(open("key.pem").read())

print(open("key.pem").read()[:10])

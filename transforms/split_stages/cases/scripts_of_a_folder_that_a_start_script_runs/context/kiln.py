import idna
print(idna.encode("ofen"))

import idna

print("encoded", idna.encode("münchen.example").decode())

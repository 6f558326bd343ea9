from models import from_pretrained

print("has", *from_pretrained("large"))

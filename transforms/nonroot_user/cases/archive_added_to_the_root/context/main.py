TEMPLATES = "/srv/shop/templates"

print(TEMPLATES)

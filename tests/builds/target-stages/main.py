import cachetools

print("serve with", cachetools.__name__)

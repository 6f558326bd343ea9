import os
BASE = "/srv"
os.makedirs(os.path.join(BASE, "uploads"), exist_ok=True)
open(os.path.join(BASE, "uploads", "x"), "w").write("x")
print("ok")

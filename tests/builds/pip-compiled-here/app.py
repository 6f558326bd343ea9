import io

from PIL import Image, features

out = io.BytesIO()
Image.new("RGB", (4, 4)).save(out, "JPEG")
print(out.getvalue()[:2].hex(), features.check("freetype2"), features.check("webp"))

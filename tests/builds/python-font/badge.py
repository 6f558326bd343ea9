from PIL import Image, ImageDraw, ImageFont

image = Image.new("RGB", (200, 40), "white")
font = ImageFont.truetype("DejaVuSans.ttf", 20)
ImageDraw.Draw(image).text((5, 5), "passed", font=font, fill="green")
print(font.getname(), image.getbbox())

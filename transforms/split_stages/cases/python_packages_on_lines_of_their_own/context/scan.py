import pytesseract
print(pytesseract.image_to_string("page.png"))

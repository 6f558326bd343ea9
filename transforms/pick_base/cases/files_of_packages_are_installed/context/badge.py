import mimetypes
import tkinter

print(mimetypes.guess_type("cat.webp")[0], tkinter.TkVersion)

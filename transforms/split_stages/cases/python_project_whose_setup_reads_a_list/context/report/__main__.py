import cairo

print(cairo.version)

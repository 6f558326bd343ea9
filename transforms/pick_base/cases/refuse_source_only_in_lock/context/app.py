import oldie

local f = assert(io.open("/srv/lua/access.log", "a"))

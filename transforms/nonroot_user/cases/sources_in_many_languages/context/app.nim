writeFile("/srv/nim/out", "x")

set f [open "/srv/tcl/out" w]

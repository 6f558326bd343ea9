module example.org/pot

go 1.22

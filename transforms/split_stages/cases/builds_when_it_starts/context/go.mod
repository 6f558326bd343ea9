module shop

go 1.17

module example.com/city

go 1.22

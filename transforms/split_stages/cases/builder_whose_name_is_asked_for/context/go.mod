module clockd

go 1.22

module forum

go 1.22

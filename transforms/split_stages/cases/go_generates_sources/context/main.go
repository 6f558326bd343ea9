package main

//go:generate go run golang.org/x/tools/cmd/stringer@v0.20.0 -type=Color
//go:generate mockgen -source=store.go -destination=store_mock.go

func main() {}

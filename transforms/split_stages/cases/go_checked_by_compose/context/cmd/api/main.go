package main

import (
	"net/http"
	"os"
)

func main() {
	if _, err := os.ReadFile("configs/prod.json"); err != nil {
		panic(err)
	}
	http.ListenAndServe(":8080", nil)
}

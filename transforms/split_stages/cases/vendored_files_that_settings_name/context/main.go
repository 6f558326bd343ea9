package main

import (
	"net/http"
	"os"
	"strings"

	"example.org/greet"
)

func main() {
	settings, err := os.ReadFile("server.yaml")
	if err != nil {
		panic(greet.Hello())
	}
	pages := strings.TrimSpace(strings.TrimPrefix(string(settings), "pages:"))
	http.ListenAndServe(":8080", http.FileServer(http.Dir(pages)))
}

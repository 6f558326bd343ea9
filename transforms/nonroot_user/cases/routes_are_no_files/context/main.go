package main

import (
	"embed"
	"net/http"
)

//go:embed static
var static embed.FS

func main() {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("/uploads/dir", func(w http.ResponseWriter, _ *http.Request) {})
	http.ListenAndServe(":8080", mux)
}

package main

import (
	"flag"
	"net/http"

	"example.org/greet"
)

func main() {
	pages := flag.String("pages", "", greet.Hello())
	flag.Parse()
	http.ListenAndServe(":8080", http.FileServer(http.Dir(*pages)))
}

package main

import (
	"log"
	"net/http"

	"example.org/greet"
)

func main() {
	log.Println(greet.Hello())
	http.Handle("/", http.FileServer(http.Dir("static")))
	log.Fatal(http.ListenAndServe(":8080", nil))
}

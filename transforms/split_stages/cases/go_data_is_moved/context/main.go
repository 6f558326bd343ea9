package main

import "github.com/gorilla/mux"

func main() {
	mux.NewRouter()
}

package main

import (
	"fmt"
	"os"
	"strings"

	"example.org/greet"
)

func main() {
	name, err := os.ReadFile("static/vendor/name.txt")
	if err != nil {
		panic(err)
	}
	fmt.Println(greet.Hello(), strings.TrimSpace(string(name)))
}

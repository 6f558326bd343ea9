package main

import (
	"fmt"
	"os"
)

func main() {
	text, _ := os.ReadFile("migrations/1.sql")
	fmt.Println(string(text))
}

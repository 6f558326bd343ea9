package main

//go:generate sh -c "date > built.txt"

import (
	"fmt"
	"os"
)

func main() {
	b, err := os.ReadFile("built.txt")
	fmt.Println(string(b), err)
}

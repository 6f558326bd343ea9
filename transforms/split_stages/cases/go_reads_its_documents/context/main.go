package main

import (
	"fmt"
	"os"
)

func main() {
	b, err := os.ReadFile("testdata/words.txt")
	fmt.Println(string(b), err)
	b, err = os.ReadFile("README.md")
	fmt.Println(string(b), err)
	b, err = os.ReadFile("Makefile")
	fmt.Println(string(b), err)
}

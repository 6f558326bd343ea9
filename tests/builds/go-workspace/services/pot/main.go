package main

import (
	"fmt"

	"example.com/leaf"
)

func main() { fmt.Println(leaf.Cups(), "cups") }

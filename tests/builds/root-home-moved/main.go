package main

import (
	"fmt"
	"os"
)

func main() {
	page, err := os.ReadFile(os.Getenv("PAGES") + "/tea.txt")
	if err != nil {
		panic(err)
	}
	same, err := os.ReadFile("pages/tea.txt")
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s%d\n", page, len(same))
}

package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	goods, err := os.ReadFile("wares.txt")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile("noted.txt", []byte("noted"), 0o644); err != nil {
		panic(err)
	}
	noted, _ := os.ReadFile("noted.txt")
	folder, _ := os.Getwd()
	fmt.Printf("%s in %s, noted %d\n", strings.TrimSpace(string(goods)), folder, len(noted))
}

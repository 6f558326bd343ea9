package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	plan, err := os.ReadFile("plan.txt")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(strings.TrimSpace(string(plan)), strings.Join(os.Args[1:], " "))
}

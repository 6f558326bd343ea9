package main

import (
	"fmt"
	"os"
)

func main() {
	folder, _ := os.Getwd()
	fmt.Println("hello from", folder)
}

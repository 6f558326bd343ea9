package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	config := flag.String("config", "", "where the settings are")
	flag.Parse()
	settings, err := os.ReadFile(*config)
	fmt.Println(len(settings), err)
}

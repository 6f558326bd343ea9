package main

import (
	"bufio"
	"fmt"
	"os"
)

const port = "/dev/ttyUSB0"

func main() {
	f, err := os.Open(port)
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
}

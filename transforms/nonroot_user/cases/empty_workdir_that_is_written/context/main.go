package main

import (
	"os"
	"time"
)

func main() {
	_ = os.WriteFile("now.txt", []byte(time.Now().String()), 0o644)
}

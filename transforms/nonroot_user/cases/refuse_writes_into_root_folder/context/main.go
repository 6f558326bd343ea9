package main

import "os"

func main() {
	_ = os.MkdirAll("uploads", 0o755)
}

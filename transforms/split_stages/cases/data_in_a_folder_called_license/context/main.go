package main

import (
	"os"
	"path/filepath"
)

func main() {
	key, _ := os.ReadFile(filepath.Join("license", "key.pem"))
	os.Stdout.Write(key)
}

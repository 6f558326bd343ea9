package main

import "os"

func save(path string, text []byte) {
	os.WriteFile(path, text, 0o644)
}

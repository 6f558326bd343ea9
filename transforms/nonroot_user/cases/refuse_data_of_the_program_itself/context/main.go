package main

import "os"

func main() {
	if err := os.WriteFile("notes.txt", nil, 0o644); err != nil {
		panic(err)
	}
}

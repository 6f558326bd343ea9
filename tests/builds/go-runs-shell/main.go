package main

import (
	"os"
	"os/exec"
)

func main() {
	out, err := exec.Command("sh", "-c", "echo the shell says $((6 * 7))").Output()
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(out)
}

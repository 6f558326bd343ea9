package main

import (
	"fmt"
	"os/exec"
)

func main() {
	out, err := exec.Command("worker").Output()
	fmt.Println(string(out), err)
}

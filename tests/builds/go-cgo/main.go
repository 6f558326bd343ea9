package main

// #include "times.h"
import "C"
import "os"

func main() {
	if C.times(6, 7) == 42 {
		os.Stdout.WriteString("6 times 7 is 42\n")
	}
}

package main

// #include "count.h"
import "C"
import "fmt"

func main() { fmt.Println(C.count()) }

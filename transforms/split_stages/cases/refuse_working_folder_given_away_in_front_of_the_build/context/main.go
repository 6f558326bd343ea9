package main

func main() { println("on") }

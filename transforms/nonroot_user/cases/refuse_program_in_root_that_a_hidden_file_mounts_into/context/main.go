package main

var plans = "plans"

func main() {
	println(plans)
}

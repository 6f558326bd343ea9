package main

func main() {
	open("./store/forum.db")
	show("./ui/index.html")
}

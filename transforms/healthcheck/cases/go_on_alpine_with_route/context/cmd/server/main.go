package main
func main() {
	http.HandleFunc("/livez", live)
	http.ListenAndServe(":8080", nil)
}

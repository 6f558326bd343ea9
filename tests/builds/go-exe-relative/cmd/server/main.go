package main

import (
	"html/template"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	exe, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	conf, err := os.ReadFile("/etc/app.conf")
	if err != nil {
		log.Fatal(err)
	}
	_, city, _ := strings.Cut(strings.TrimSpace(string(conf)), "=")
	view := template.Must(template.ParseFiles(filepath.Join(filepath.Dir(exe), "views", "index.html")))
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		view.Execute(w, city)
	})))
}

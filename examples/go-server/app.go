package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"path/filepath"
	"strings"
)

type app struct {
	book      *book
	templates *template.Template
	static    string
}

func newApp(templates, static string) (*app, error) {
	parsed, err := template.ParseGlob(filepath.Join(templates, "*.html"))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return &app{book: newBook(), templates: parsed, static: static}, nil
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.index)
	mux.HandleFunc("POST /sign", a.sign)
	mux.HandleFunc("GET /api/entries", a.entries)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServer(http.Dir(a.static))))
	return mux
}

func (a *app) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := a.templates.ExecuteTemplate(w, "index.html", a.book.list()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (a *app) sign(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.FormValue("name"))
	text := strings.TrimSpace(r.FormValue("text"))
	if name == "" || text == "" {
		http.Error(w, "name and text are needed", http.StatusBadRequest)
		return
	}
	a.book.add(name, text)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *app) entries(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(a.book.list())
}

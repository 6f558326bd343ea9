package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestSignAndRead(t *testing.T) {
	app, err := newApp("templates", "static")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.routes())
	defer server.Close()

	answer, err := http.PostForm(server.URL+"/sign", url.Values{"name": {"Ada"}, "text": {"<b>hello</b>"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), "&lt;b&gt;hello") {
		t.Fatalf("entry is missing or not escaped: %s", body)
	}
}

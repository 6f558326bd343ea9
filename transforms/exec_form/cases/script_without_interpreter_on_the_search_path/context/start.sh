python -m http.server

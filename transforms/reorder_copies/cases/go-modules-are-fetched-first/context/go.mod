module x

require github.com/gorilla/mux v1.8.1

package main

import "database/sql"

func main() {
	db, _ := sql.Open("sqlite3", "notes.db")
	db.Exec("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
}

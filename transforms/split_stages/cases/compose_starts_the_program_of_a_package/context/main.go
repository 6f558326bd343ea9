package main

func main() {
	db, err := Open("/data/notes.db")
	if err != nil {
		panic(err)
	}
	db.Exec("create table if not exists notes (x integer)")
}

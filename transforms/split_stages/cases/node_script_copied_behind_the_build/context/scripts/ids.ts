import Database from "better-sqlite3";

console.log(new Database("notes.db").prepare("select id from notes").all());

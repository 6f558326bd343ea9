import Database from "better-sqlite3";

new Database("notes.db");

import { Database } from "bun:sqlite";
const db = new Database("/data/app.sqlite");
await Bun.write("/var/spool/app/started", "x");

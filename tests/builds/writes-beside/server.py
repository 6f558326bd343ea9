"""Counts visits in a database and logs to a file, both beside the program."""
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

here = Path(__file__).parent
db = sqlite3.connect(here / "visits.db")
db.execute("CREATE TABLE IF NOT EXISTS visits (path TEXT)")
log = open("logs.txt", "a", buffering=1)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        print("GET", self.path, file=log)
        with db:
            db.execute("INSERT INTO visits VALUES (?)", (self.path,))
        if self.path == "/log":
            body = Path("logs.txt").read_text()
        else:
            body = str(db.execute("SELECT count(*) FROM visits").fetchone()[0])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())


HTTPServer(("", 8000), Handler).serve_forever()

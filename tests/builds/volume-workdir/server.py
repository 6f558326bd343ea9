import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

notes = Path("data/notes")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        (notes / f"{time.time_ns()}.txt").write_bytes(text)
        self.answer("stored")

    def do_GET(self):
        self.answer("\n".join(path.read_text() for path in sorted(notes.iterdir())))

    def answer(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())


HTTPServer(("", 8000), Handler).serve_forever()

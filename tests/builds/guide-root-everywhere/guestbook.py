import http.server
import pathlib

BOOK = pathlib.Path("book.txt")


class Guestbook(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with BOOK.open("a") as book:
            book.write("somebody\n")
        guests = len(BOOK.read_text().splitlines())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"guests: {guests}\n".encode())


http.server.HTTPServer(("", 8000), Guestbook).serve_forever()

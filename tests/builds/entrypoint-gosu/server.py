import os
from http.server import BaseHTTPRequestHandler, HTTPServer

open("/var/lib/app/started", "w").close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"uid={os.getuid()} owner={os.stat('/var/lib/app').st_uid}".encode())


HTTPServer(("", 8000), Handler).serve_forever()

import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer

COMMANDS = {"/": ["git", "-C", "/srv/repo", "log", "--oneline"], "/curl": ["curl", "--version"]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        done = subprocess.run(COMMANDS[self.path], capture_output=True)
        self.send_response(200 if done.returncode == 0 else 500)
        self.end_headers()
        self.wfile.write(done.stdout + done.stderr)


HTTPServer(("", 8000), Handler).serve_forever()

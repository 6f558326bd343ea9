from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"shop {version('shop')} with itsdangerous {version('itsdangerous')}".encode())


def main():
    HTTPServer(("", 8000), Handler).serve_forever()


if __name__ == "__main__":
    main()

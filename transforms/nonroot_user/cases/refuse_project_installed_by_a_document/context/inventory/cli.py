import os

from flask import Flask


def main():
    app = Flask(__name__)
    os.makedirs(app.instance_path, exist_ok=True)
    app.run(host="0.0.0.0", port=8080)

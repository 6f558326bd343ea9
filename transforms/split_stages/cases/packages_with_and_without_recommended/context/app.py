import subprocess

from flask import Flask

app = Flask(__name__)


@app.get("/")
def page():
    return subprocess.run(["pandoc", "page.md"], capture_output=True).stdout


app.run(host="0.0.0.0")

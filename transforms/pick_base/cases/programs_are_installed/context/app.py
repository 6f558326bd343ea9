import flask
app = flask.Flask(__name__)
import subprocess
subprocess.run(["wget", "http://x"])

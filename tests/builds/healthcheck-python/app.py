from flask import Flask

app = Flask(__name__)


@app.route("/healthz")
def healthz():
    return "well\n"


app.run(host="0.0.0.0", port=8000)

import tarfile

from flask import Flask

app = Flask(__name__)
MODELS = "/tmp/models.tar.gz"


@app.get("/")
def names():
    with tarfile.open(MODELS) as models:
        return models.getnames()


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8000)

from flask import Flask

# Was in "/root/stations.csv" once.
app = Flask(__name__)


@app.get("/root/stations")
def stations():
    return []

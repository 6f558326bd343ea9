import os

from flask import Flask

from .stats import Readings


def create_app(path=None):
    app = Flask(__name__)
    app.config["READINGS"] = Readings(path or os.environ.get("READINGS_CSV", "data/readings.csv"))

    from .views import bp

    app.register_blueprint(bp)
    return app

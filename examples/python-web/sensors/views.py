from flask import Blueprint, abort, current_app, jsonify, render_template

bp = Blueprint("sensors", __name__)


def readings():
    return current_app.config["READINGS"]


@bp.get("/")
def index():
    return render_template("index.html", rows=readings().summary())


@bp.get("/health")
def health():
    return jsonify(status="ok", sensors=len(readings().sensors()))


@bp.get("/api/summary")
def summary():
    return jsonify(readings().summary())


@bp.get("/api/daily/<sensor>")
def daily(sensor):
    try:
        return jsonify(readings().daily(sensor))
    except KeyError:
        abort(404)

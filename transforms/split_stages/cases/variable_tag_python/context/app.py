import flask

flask.Flask("pot").run("0.0.0.0", 8000)

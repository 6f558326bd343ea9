import os
import flask

TABLE = os.path.join("/tmp", "tides.json")

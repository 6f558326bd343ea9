from flask import Flask

app = Flask(__name__, static_folder="static", static_url_path="/root")
app.run(host="0.0.0.0", port=8080)

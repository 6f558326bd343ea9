from flask import Flask
import markdown
app = Flask(__name__)
@app.route("/")
def index():
    return markdown.markdown(open("content/index.md").read())

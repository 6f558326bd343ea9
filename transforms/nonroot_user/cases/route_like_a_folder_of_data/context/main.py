from bottle import app


@app.get("/srv/items")
def items():
    return []

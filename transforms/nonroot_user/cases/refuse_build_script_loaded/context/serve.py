import joblib
from flask import Flask
from train import train

app = Flask(__name__)


@app.post("/train")
def again():
    train(3)
    return "trained"


@app.get("/")
def predict():
    return str(joblib.load("models/model.pkl").predict([[1]])[0])


app.run(host="0.0.0.0")

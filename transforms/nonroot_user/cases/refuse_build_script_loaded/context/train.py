import os

import joblib
from sklearn.linear_model import LinearRegression


def train(top=2):
    os.makedirs("models", exist_ok=True)
    joblib.dump(LinearRegression().fit([[0], [top]], [0, top]), "models/model.pkl")


if __name__ == "__main__":
    train()

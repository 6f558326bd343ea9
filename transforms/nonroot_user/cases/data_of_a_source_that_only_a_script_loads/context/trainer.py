import pickle


def fit(numbers):
    with open("model.pickle", "wb") as model:
        pickle.dump(sum(numbers), model)

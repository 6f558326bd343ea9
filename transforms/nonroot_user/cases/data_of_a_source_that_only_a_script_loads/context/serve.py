import pickle

model = pickle.load(open("model.pickle", "rb"))


def answer(question):
    with open("answers.log", "a") as log:
        log.write(f"{question}: {model}\n")

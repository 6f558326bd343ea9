import os

REPORTS = os.path.join("reports", "daily")


def save(name, text):
    path = os.path.join(REPORTS, name)
    with open(path, "w") as file:
        file.write(text)

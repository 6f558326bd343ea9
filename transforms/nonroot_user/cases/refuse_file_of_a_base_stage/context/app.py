import json


def save(settings):
    with open("settings.json", "w") as file:
        json.dump(settings, file)


def count():
    with open("visits.txt", "r+") as file:
        visits = int(file.read()) + 1
        file.seek(0)
        file.write(str(visits))


def render(name, page):
    with open("pages/" + name, "w") as file:
        file.write(page)

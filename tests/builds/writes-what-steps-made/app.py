import json


def save(settings):
    with open("settings.json", "w") as file:
        json.dump(settings, file)


def count():
    with open("visits.txt", "r+") as file:
        visits = int(file.read()) + 1
        file.seek(0)
        file.write(str(visits))
    return visits


save({"visits": count()})
for name in ["data/uploads/first.txt", "pages/daily/first.html", "logs/shop.log"]:
    with open(name, "w") as file:
        file.write("1")
print("all is written")

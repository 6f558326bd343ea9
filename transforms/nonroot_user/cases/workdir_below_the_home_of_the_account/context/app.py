from pathlib import Path

with open("visits.log", "a") as log:
    log.write("1")
Path.home().joinpath(".seen").touch()

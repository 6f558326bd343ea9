from pathlib import Path

MODELS = Path(__file__).resolve().parent / "artifacts"
factor = int((MODELS / "model.txt").read_text())


def answer(number):
    with (MODELS / "requests.log").open("a") as log:
        log.write(f"{number}\n")
    return factor * number

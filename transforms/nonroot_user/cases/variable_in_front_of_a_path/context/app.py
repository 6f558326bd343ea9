import os

STATE = os.environ.get("SHOP_STATE", "/state")


def keep(text):
    with open(STATE + "/last", "w") as last:
        last.write(text)

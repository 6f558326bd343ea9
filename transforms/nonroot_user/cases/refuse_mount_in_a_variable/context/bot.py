def note(text):
    with open("logs/bot.log", "a") as log:
        log.write(text + "\n")


note("started")

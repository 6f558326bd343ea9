with open("data/events", "a") as events:
    events.write("tick")

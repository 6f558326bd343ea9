from store import fill

fill()

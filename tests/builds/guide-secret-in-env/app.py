print(open("prices.txt").read().strip())

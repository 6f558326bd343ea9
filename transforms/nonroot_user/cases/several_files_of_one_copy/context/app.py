both = open("visits.txt", "a"), open("orders.txt", "a")

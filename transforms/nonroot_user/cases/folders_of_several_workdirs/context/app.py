both = open("data/uploads/x.txt", "a"), open("data/orders/x.txt", "a")

with open("visits.txt", "a") as visits:
    visits.write("one")

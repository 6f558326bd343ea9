open("backend/visits.txt", "a").write("x")

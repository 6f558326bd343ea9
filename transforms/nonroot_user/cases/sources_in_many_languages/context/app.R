write.csv(d, "/srv/r/out.csv")

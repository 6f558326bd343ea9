write.csv(data.frame(x = 1), "summary.csv")

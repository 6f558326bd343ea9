import pandas

pandas.DataFrame().to_csv("out/table.csv")

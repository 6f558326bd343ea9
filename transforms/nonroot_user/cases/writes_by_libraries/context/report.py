import os
import shutil

import matplotlib.pyplot as plt
import pandas as pd

ARCHIVE = os.getenv("ARCHIVE", "/archive")

frame = pd.read_csv("sales.csv")
frame.groupby("month").sum().to_csv("/reports/months.csv")
plt.plot(frame["month"], frame["sum"])
plt.savefig("/plots/months.png")
shutil.move("sales.csv", ARCHIVE)

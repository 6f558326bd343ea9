import os
os.makedirs(os.environ["XDG_CACHE_HOME"], exist_ok=True)
open(os.path.join(os.environ["XDG_CACHE_HOME"], "x"), "w").write("x")
import matplotlib.pyplot
print(os.listdir(os.environ["MPLCONFIGDIR"]))

import getpass
from importlib.metadata import version
from pathlib import Path

Path("state/run").write_text("1")
Path.home().joinpath("run").write_text("1")
print(getpass.getuser(), "writes in", str(Path.home()) + ",", version("iniconfig"))

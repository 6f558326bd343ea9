import os
import sys

import iniconfig

assert iniconfig.IniConfig and os.environ["BASE"] == "%d.%d" % sys.version_info[:2]
print(f"release {os.environ['RELEASE']} on {os.environ['BASE']},", open("built.txt").read().strip())

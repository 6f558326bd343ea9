import os

os.makedirs(os.path.expanduser("~/.rates"))

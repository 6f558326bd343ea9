import os

print(os.popen("cd /app && hg log -l 1").read())

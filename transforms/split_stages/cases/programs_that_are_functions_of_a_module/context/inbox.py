import os
import sh
from plumbum.cmd import unzip

print(sh.file("-b", "letter.pdf"))
unzip("letters.zip")
os.system("cd archive && git pull")

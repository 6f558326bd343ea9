import subprocess
import sys

subprocess.run(["ffmpeg", "-i", "pipe:0", "-f", "opus", "pipe:1"], stdin=sys.stdin)

import subprocess
import sys

subprocess.run(["yt-dlp", "--output", "tide.m4a", sys.argv[1]])

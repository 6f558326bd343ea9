import subprocess

# hg log -v of the project is of no use to it.
subprocess.run(["hg", "clone", "https://example.org/x", "/tmp/x"])

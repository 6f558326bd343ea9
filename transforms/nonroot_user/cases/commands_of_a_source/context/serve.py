import shutil
import subprocess

# subprocess.run(["mount", "/dev/sda1"]) is for the host
KINDS = ["ip", "route", "mount"]
HAS_DOCKER = shutil.which("docker") is not None


def facts(kind):
    if kind == "ip":
        return subprocess.check_output(["hostname", "-i"])
    return KINDS

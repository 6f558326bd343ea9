import subprocess


def block(address):
    subprocess.run(
        ["iptables", "-A", "INPUT", "-s", address, "-j", "DROP"],
        check=True,
    )


block("192.0.2.7")

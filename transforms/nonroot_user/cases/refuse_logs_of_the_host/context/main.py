LOG = "/var/log/syslog"

with open(LOG) as lines:
    print(sum(1 for _ in lines))

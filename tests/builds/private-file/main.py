print("token", open("/etc/app/token").read().strip())

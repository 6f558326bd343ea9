import paramiko

client = paramiko.SSHClient()
client.connect("tides.example", key_filename="/root/.ssh/id_ed25519")

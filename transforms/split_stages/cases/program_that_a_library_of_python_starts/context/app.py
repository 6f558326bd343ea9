import gnupg

kinds = open("/usr/share/misc/magic.mgc", "rb").read(4)
print(gnupg.GPG().version, kinds)

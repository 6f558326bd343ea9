print(open("/etc/shop/shop.conf").read())

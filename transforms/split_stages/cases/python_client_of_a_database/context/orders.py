import mariadb

print(mariadb.client_version)

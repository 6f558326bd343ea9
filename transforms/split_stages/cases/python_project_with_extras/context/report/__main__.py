import MySQLdb

print(MySQLdb.__version__)

def main(): print(open("data.txt").read())

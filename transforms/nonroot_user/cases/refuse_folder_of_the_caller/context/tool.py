def main():
    open("out.txt", "w").write("1")

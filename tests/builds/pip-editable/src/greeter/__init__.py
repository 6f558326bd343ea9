def main():
    print("greeter says", "hello")

print("bright")

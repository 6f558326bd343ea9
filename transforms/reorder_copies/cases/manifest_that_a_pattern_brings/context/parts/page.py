page = "shop"

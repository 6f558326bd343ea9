open("/tmp/uploads/x","w").write("x"); print("ok")

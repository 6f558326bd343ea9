import itsdangerous,sys; print(itsdangerous.__name__, sys.prefix)

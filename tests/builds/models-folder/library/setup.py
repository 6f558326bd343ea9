from setuptools import setup

setup(name="models", version="1.0", py_modules=["models"])

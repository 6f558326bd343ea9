from setuptools import setup

setup(name="report", packages=["report"], install_requires=open("requirements.txt").read().splitlines())

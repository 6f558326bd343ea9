from setuptools import Extension, setup

setup(name="answer", ext_modules=[Extension("answer", ["answer.c"])])

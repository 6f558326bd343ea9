from setuptools import setup, Extension
setup(name="app", ext_modules=[Extension("fast", ["src/fast.c"])])

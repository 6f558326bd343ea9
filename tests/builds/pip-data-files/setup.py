from setuptools import setup

setup(
    name="almanac",
    version="1.0",
    py_modules=["almanac"],
    data_files=[("share/almanac", ["year.txt"])],
    entry_points={"console_scripts": ["almanac = almanac:main"]},
)

from setuptools import setup

setup(
    name="inventory",
    version="1.0",
    packages=["inventory"],
    install_requires=["flask"],
    entry_points={"console_scripts": ["inventory=inventory.cli:main"]},
)

from pathlib import Path

from setuptools import setup

setup(
    name="shop",
    version=Path("VERSION").read_text().strip(),
    packages=["shop"],
    entry_points={"console_scripts": ["shop = shop.__main__:main"]},
)

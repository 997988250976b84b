"""Names the packages of the wheel; all else is in pyproject.toml. The sounds in audio/ go into it as helpers/sounds."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["helpers*"]), "helpers.sounds"], package_dir={"helpers.sounds": "audio"})

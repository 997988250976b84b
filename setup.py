"""Names the package and the commands that come with it; all else is in pyproject.toml.

Where it is installed it is ``voice_call_kit``, because ``helpers`` is a name that other people's projects have, too. In
a checkout it keeps that name, in which lessons and tests are written; in a wheel's kernels it has both.
"""

import sys
from pathlib import Path

from setuptools import find_packages, setup

CHECKOUT = "editable_wheel" in sys.argv
NAME = "helpers" if CHECKOUT else "voice_call_kit"
COMMANDS = {"voice-simulator": "simulator.__main__:main", "ncco": "ncco.__main__:main"}
PLUGIN = f"{NAME}.testing.plugin"  # under its own name: whoever also names it in a conftest has it once
# Not beside the code, as is usual: there pytest would read it, and look for what only the wheel has.
BUILD = Path("build")
BUILD.mkdir(exist_ok=True)

setup(
    options={"egg_info": {"egg_base": str(BUILD)}},
    packages=[NAME, *(f"{NAME}.{package}" for package in find_packages("helpers")), f"{NAME}.sounds"],
    package_dir={NAME: "helpers", f"{NAME}.sounds": "audio"},
    entry_points={
        "console_scripts": [f"{command} = {NAME}.{main}" for command, main in COMMANDS.items()],
        "pytest11": [f"{PLUGIN} = {PLUGIN}"],
    },
    data_files=[] if CHECKOUT else [("etc/ipython", ["helpers/settings/ipython_kernel_config.json"])],
)

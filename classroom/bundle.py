"""Writes a folder for a USB stick, from which the lessons are set up without internet: python lab.py bundle windows

In it are the lessons, a wheel of every package for each Python that is promised, and START.txt. Packages are chosen by
uv for the target, and only then fetched by pip: pip alone would choose for the machine that it runs on, and miss what
only the target needs (pypa/pip, issues 4304 and 13262).
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from lab import LEARNER, PROJECT, Trouble, remove, uv_python

NAME = "voice-call-notebooks"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
OLD_LINUX = ("1", "2010", "2014", *(f"_2_{minor}" for minor in range(5, 29)))
# What uv calls a system, and how pip is told of its wheels: those of macOS 13 or older, for example.
TARGETS = {
    "linux": ("x86_64-unknown-linux-gnu", [f"--platform=manylinux{old}_x86_64" for old in OLD_LINUX]),
    "linux-arm": ("aarch64-unknown-linux-gnu", [f"--platform=manylinux{old}_aarch64" for old in OLD_LINUX]),
    "macos": ("aarch64-apple-darwin", ["--platform=macosx_13_0_arm64"]),
    "macos-intel": ("x86_64-apple-darwin", ["--platform=macosx_13_0_x86_64"]),
    "windows": ("x86_64-pc-windows-msvc", ["--platform=win_amd64"]),
}
FILES = (
    "audio", "docs", "examples", "helpers", "notebooks", ".env.example", "LICENSE", "Makefile", "README.md",
    "lab.py", "pyproject.toml", "requirements.lock", "setup.py",
)  # fmt: skip
START = """\
Phone calls in notebooks, to be set up without internet.
For {targets}; Python {versions}.

1. Copy this folder to the disk of the machine: it does not run from a stick.
2. Python must be there: type   python3 --version   (Windows: py --version).
   If it is not, install it; its installer may lie beside this folder, it is not in it.
3. In the copied folder type

       python3 lab.py          (Windows: py lab.py)

   It sets itself up in a minute or two and opens the first lesson.

Is this machine ready for a class?   python3 lab.py check
"""


def here() -> str:
    """The target that this machine is."""
    arm = platform.machine().lower() in ("arm64", "aarch64")
    system = {"Windows": "windows", "Darwin": "macos" if arm else "macos-intel"}
    return system.get(platform.system(), "linux-arm" if arm else "linux")


def main(words: list[str]) -> int:
    """Write the folder for the targets and the versions of Python that are named: this system, and all."""
    versions = [word for word in words if re.fullmatch(r"3\.\d+", word)] or list(VERSIONS)
    targets = [word for word in words if word not in versions] or [here()]
    if unknown := [target for target in targets if target not in TARGETS]:
        print(f"There is no target {unknown[0]}: it is one of {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    folder = PROJECT / "dist" / "-".join([NAME, *targets])
    try:
        remove(folder)
        copy_kit(folder)
        (folder / "wheels").mkdir()
        with uv_python() as python:
            for target in targets:
                for version in versions:
                    print(f"Packages for {target}, Python {version} ...", flush=True)
                    fetch(python, folder, target, version)
                    check(python, folder, target, version)
    except Trouble as trouble:
        remove(folder)  # half of it would be taken for all
        print(trouble, file=sys.stderr)
        return 1
    told = START.format(targets=" and ".join(targets), versions=", ".join(versions))
    # With a BOM and CRLF, as an old editor of Windows wants it.
    (folder / "START.txt").write_text(told, "utf-8-sig", newline="\r\n")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    wheels = len(list((folder / "wheels").iterdir()))
    print(f"{size / 1e6:.0f} MB with {wheels} wheels: {folder.relative_to(PROJECT)}. Its START.txt says how to begin.")
    return 0


def copy_kit(folder: Path) -> None:
    """Put in what a learner needs, and nothing of what is somebody's own: what Git ignores stays out."""
    lines = (PROJECT / ".gitignore").read_text("utf-8").splitlines()
    ignored = [line.strip("/") for line in lines if not line.startswith("/")]  # a slash first: at the top only
    folder.mkdir(parents=True)
    for name in FILES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns(*ignored))
        else:
            shutil.copy(PROJECT / name, folder / name)


def fetch(python: str, folder: Path, target: str, version: str) -> None:
    """Add the wheels of one target and one Python: what its first and its last release want."""
    pure = {"==".join(file.name.split("-")[:2]).lower().replace("_", "-") for file in folder.glob("wheels/*-any.whl")}
    for release in releases(version):
        chosen = [line for line in compiled(python, target, release) if line not in pure]
        pure.update(chosen)
        if chosen:
            download(python, folder, chosen, [f"--python-version={release}", *TARGETS[target][1]])


def download(python: str, folder: Path, chosen: list[str], options: list[str]) -> None:
    command = [python, "-m", "pip", "download", "-qq", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
    command += [*options, "-d", str(folder / "wheels"), *chosen]
    if subprocess.call(command, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}):
        raise Trouble("The packages could not be fetched: see above.")


def check(python: str, folder: Path, target: str, version: str) -> None:
    """Resolve the target once more, from the folder alone. Raises Trouble when it lacks something."""
    for release in releases(version):
        compiled(python, target, release, "--offline", "--no-index", f"--find-links={folder / 'wheels'}")


def releases(version: str) -> list[str]:
    """The first and the last: some packages are for 3.11.5 and newer, and uv takes 3.11 for 3.11.0."""
    return [f"{version}.0", f"{version}.99"]


def compiled(python: str, target: str, release: str, *options: str) -> list[str]:
    """The packages, each with its version, that the lessons need there; what builds the kit is one of them."""
    builders = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    extras = [f"--extra={extra}" for extra in LEARNER.split(",")]
    where = [f"--python-platform={TARGETS[target][0]}", f"--python-version={release}", "--only-binary=:all:"]
    command = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "-", "-c", "requirements.lock", *extras]
    command += ["--no-header", "--no-annotate", "--quiet", *where, *options]
    said = subprocess.run(command, cwd=PROJECT, input="\n".join(builders), capture_output=True, text=True)
    if said.returncode:
        raise Trouble(f"Not every package is there for {target}, Python {release}. uv says:\n{said.stderr}")
    return said.stdout.split()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

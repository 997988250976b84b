"""The project: the folder that a learner's files hang on: ``.env``, ``.simulator``, ``audio`` and ``notebooks``.

It is where the notebook is, not where these helpers are installed: those may be shared by a class, or read-only, or a
wheel. It is looked for when it is first asked for, and is then the same for as long as the kernel runs.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..base.errors import KitError

HOME = "voice-call-notebooks"  # in the home folder, where there is no other place
KIT_HOME_CURE = "Name a folder of yours: set KIT_HOME in the environment of Jupyter, then restart the kernel."
_HELPERS = Path(__file__).resolve().parents[1]


@functools.cache
def project() -> Path:
    """The folder of the project, the first of these that there is.

    ``KIT_HOME`` in the environment; the nearest folder from the working folder up that holds ``notebooks/`` with a
    lesson of ours in it; the folder of these helpers, if it is a checkout of our own; a folder in the home folder.
    """
    if named := os.environ.get("KIT_HOME", "").strip():
        return _named(named)
    checkout = _HELPERS.parent
    return next(_above(Path.cwd()), checkout if _is_mine(checkout) else Path.home() / HOME)


def sounds() -> Path:
    """The folder of the kit's own sounds, as they came with these helpers: beside them in a checkout, else in them."""
    packed = _HELPERS / "sounds"
    return packed if packed.is_dir() else _HELPERS.parent / "audio"


def audio() -> Path:
    """The folder whose sounds are served and found by name: the project's, or the kit's own if it has none."""
    folder = project() / "audio"
    return folder if _is_folder(folder) else sounds()


def put_sounds() -> None:
    """Put the kit's own sounds beside the lessons, which play them from there, if they came without."""
    folder = project() / "audio"
    if _is_folder(folder) or not _is_folder(project() / "notebooks"):
        return
    new = folder.with_name(f".audio-{os.getpid()}")  # another kernel finds all of them, or none
    with contextlib.suppress(OSError):  # audio() knows where they came from
        shutil.copytree(sounds(), new, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        new.rename(folder)
    shutil.rmtree(new, ignore_errors=True)


def place_for(folder: str | Path) -> Path:
    """Where what a notebook makes goes: counted from the notebook, or from the project where that cannot be written."""
    here = Path(folder).is_absolute() or os.access(Path.cwd(), os.W_OK)
    return Path(folder) if here else Path(os.path.relpath(project() / folder))


def unwritable(path: Path, error: OSError) -> tuple[str, str]:
    """What to say when one of the project's files cannot be written, and the cure."""
    return f"{path.name} cannot be written in {path.parent}: {error.strerror or error}.", KIT_HOME_CURE


def shared(*files: Path) -> str:
    """A sentence for who shares a project with others, perhaps without knowing; empty if nothing speaks for it."""
    others = next((file for file in files if _owner(file) not in (None, _me())), None)
    if others is not None:
        return f"{others.name} in {others.parent} belongs to {_name_of(others)}: you share it. {KIT_HOME_CURE}"
    if not os.environ.get("KIT_HOME") and project() == _HELPERS.parent and not Path.cwd().is_relative_to(project()):
        return f"Account and .env are in {project()}, with the helpers: who uses them shares both. {KIT_HOME_CURE}"
    return ""


def _named(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise KitError(f"KIT_HOME is {folder}, which is not a folder.", "Name a folder; it is made if there is none.")
    return folder


def _above(start: Path) -> Iterator[Path]:
    return (folder for folder in (start, *start.parents) if _has_lessons(folder / "notebooks"))


def _has_lessons(folder: Path) -> bool:
    """Whether there is a lesson of ours. Not every folder of that name is: the one in ``/`` may be a stranger's."""
    try:
        return any(b"from helpers import" in file.read_bytes() for file in sorted(folder.glob("[0-9][0-9]-*.ipynb")))
    except OSError:
        return False


def _is_mine(checkout: Path) -> bool:
    """Whether this is a checkout that is ours to write in, and not one that a class shares."""
    mine = _owner(checkout) in (None, _me()) and os.access(checkout, os.W_OK)
    return mine and _has_lessons(checkout / "notebooks")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # above it is one that we may not look into
        return False


def _me() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def _owner(path: Path) -> int | None:
    """Whose file it is; None where nobody knows: it is not there, or this is Windows."""
    try:
        return path.stat().st_uid if hasattr(os, "geteuid") else None
    except OSError:
        return None


def _name_of(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError):  # a user without a name, as in containers
        return f"user {_owner(path)}"

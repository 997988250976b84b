"""Finding a sound file by the name that a lesson gives it."""

from __future__ import annotations

from pathlib import Path

from ..base.text import nearest, one_line
from ..settings.project import audio
from .files import AudioError

SUFFIXES = frozenset({".mp3", ".wav"})


def sound_file(name: str | Path) -> Path:
    """The file with this name: a path as it is, else one of the project's sounds.

    Raises AudioError, with the nearest name that there is, if there is none.
    """
    if not isinstance(name, str | Path) or not str(name).strip():
        raise AudioError(f"{name!r} is not the name of a sound file.", 'Give its name, such as "music.mp3".')
    path, home = Path(name), audio()
    places = [path] if path.is_absolute() else [path, home / path]
    for place in places:
        try:
            if place.is_file():
                return place
        except (OSError, ValueError):  # a name too long, or with a zero in it
            raise AudioError(f"{str(name)[:60]!r} is not the name of a file.", "Check it.") from None
    if path.is_dir():
        raise AudioError(f"{path} is a folder, not a sound file.", "Name one of the files in it.", path=path)
    raise AudioError(f"There is no sound file {one_line(name, 200)}.", _instead(path, home), path=path)


def _instead(path: Path, home: Path) -> str:
    folders = [path.parent, *([] if path.is_absolute() else [home])]
    files = {one.name: one for folder in folders if folder.is_dir() for one in sorted(folder.iterdir())}
    sounds = [name for name, file in files.items() if file.suffix.lower() in SUFFIXES and not name.startswith(".")]
    if near := nearest(path.name, sounds):
        return f"Did you mean {near}?"
    return f"There are: {', '.join(sounds[:10])}." if sounds else "Check the name and the folder."

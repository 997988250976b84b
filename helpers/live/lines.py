"""Adds lines to a file that only grows, readable by its owner only (0600)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def append(path: Path, line: bytes) -> None:
    """Add a line. It is on the disk (fsync) when this returns; a piece of a line before it stays a line of its own."""
    new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if _is_torn(file):
            line = b"\n" + line
        while line:
            line = line[os.write(file, line) :]
        os.fsync(file)
    finally:
        os.close(file)
    if new:
        _sync_folder(path.parent)


def _is_torn(file: int) -> bool:
    """Whether the last line has no end."""
    if not os.fstat(file).st_size:
        return False
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    # A new file is there after a loss of power only when its folder is on the disk, too. Windows opens no folder.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

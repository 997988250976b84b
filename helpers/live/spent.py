"""Keeps what this folder has spent on calls and numbers: a small file that only grows."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from filelock import FileLock


@dataclass(frozen=True)
class Entry:
    """What one call or number costs, in euros. ``open``: it is not over, and this is the most that it can be."""

    euros: Decimal
    open: bool


class Spent:
    """The file, shared by all kernels of a folder; readable by its owner only (0600). A later line replaces an earlier.

    Each line is on the disk (fsync) before the request is sent that costs: a kill at any moment loses nothing.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._read_to = 0
        self._entries: dict[str, Entry] = {}

    def write(self, name: str, euros: Decimal, *, still_open: bool = False, instead: str = "") -> None:
        """Add a line about one call or number; it takes the place of ``instead``, a name it had before."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = {
            "at": at,
            "id": name,
            "eur": str(euros),
            "open": still_open,
            **({"instead": instead} if instead else {}),
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(handle).st_size
                torn = size and os.pread(handle, 1, size - 1) != b"\n" if hasattr(os, "pread") else False
                os.write(handle, (("\n" if torn else "") + json.dumps(line) + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)

    def entries(self) -> dict[str, Entry]:
        """Each call and number by its name, also those that other kernels wrote."""
        try:
            with self._lock(), self.file.open("rb") as file:
                file.seek(self._read_to)
                new = file.read()
        except FileNotFoundError:
            return self._entries
        whole = new[: new.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._take(line)
        return self._entries

    def _take(self, line: bytes) -> None:
        try:
            told = json.loads(line)
            entry = Entry(Decimal(told["eur"]), bool(told["open"]))
        except (ValueError, KeyError, TypeError, ArithmeticError):
            return  # half a line: its writer was killed before it sent anything
        self._entries.pop(told.get("instead", ""), None)
        self._entries[told["id"]] = entry

    def _lock(self) -> FileLock:
        return FileLock(self.file.with_suffix(".lock"), mode=0o600)

"""Keeps what this folder has spent on calls and numbers: a small file that only grows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..lines import append
from .asked import Refused

PATIENCE = 20.0  # seconds to wait for another kernel: no longer than who sent the request waits for a reply


@dataclass(frozen=True)
class Entry:
    """What one call or number costs, in euros. ``open``: it is not over, and this is the most that it can be.

    A call that was placed here has times by the machine's monotonic clock, which all its kernels have in common:
    ``placed``, and ``until``, when it is over whatever anybody says. A number that is rented ``since`` some day costs
    something ``monthly`` after its first month.
    """

    euros: Decimal
    open: bool
    placed: float | None = None
    until: float = 0.0
    monthly: Decimal = Decimal()
    since: datetime = datetime.max

    def cost(self, now: datetime) -> Decimal:
        """EUR so far: the rent of a number is due again on its day of each month (support article 204014943)."""
        months = 12 * (now.year - self.since.year) + now.month - self.since.month - (now.day < self.since.day)
        return self.euros + self.monthly * max(months, 0)


READ: dict[str, Callable[[Any], Any]] = {
    "placed": lambda told: told if told is None else float(told),
    "until": float,
    "monthly": Decimal,
}


class Spent:
    """The file, shared by all kernels of a folder. A later line replaces an earlier.

    Each line is on the disk before the request is sent that costs: a kill at any moment loses nothing.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._threads = threading.RLock()
        self._door = FileLock(file.with_suffix(".lock"), timeout=PATIENCE, mode=0o600, poll_interval=0.005)
        self._read_to = 0
        self._entries: dict[str, Entry] = {}

    def write(self, name: str, euros: Decimal, *, still_open: bool = False, instead: str = "", **more: Any) -> None:
        """Add a line about one call or number; it takes the place of ``instead``, a name it had before.

        ``more``: ``placed``, ``until`` and ``monthly``, where they are new.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"at": at, "id": name, "eur": str(euros), "open": still_open, "instead": instead, **more}
        with self.alone():
            append(self.file, json.dumps(line).encode() + b"\n")

    def entries(self) -> dict[str, Entry]:
        """Each call and number by its name, also those that other kernels wrote."""
        with self.alone():
            size = self.file.stat().st_size if self.file.exists() else 0
            if size < self._read_to:  # somebody begins anew
                self._read_to, self._entries = 0, {}
            if not size:
                return {}
            with self.file.open("rb") as file:
                file.seek(self._read_to)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for line in whole.splitlines():
                self._take(line)
            return dict(self._entries)

    def _take(self, line: bytes) -> None:
        try:
            told = json.loads(line)
            names = told.get("instead", ""), told["id"]
            before = next((self._entries[name] for name in names if name in self._entries), Entry(Decimal(), False))
            more = {name: read(told[name]) for name, read in READ.items() if name in told}
            if "monthly" in told:
                more["since"] = datetime.fromisoformat(told["at"])
            entry = replace(before, euros=Decimal(told["eur"]), open=bool(told["open"]), **more)
        except (ValueError, KeyError, TypeError, ArithmeticError):
            return  # half a line: its writer was killed before it sent anything
        self._entries.pop(names[0], None)
        self._entries[names[1]] = entry

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread and no other kernel reads or writes meanwhile, so no request may be sent meanwhile.

        A reply can come later than a webhook, whose answer is counted in this file, too.
        """
        with self._threads, self._told():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._door:
                yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What keeps the file from being used is said in words."""
        try:
            yield
        except Timeout:
            why = f"What was spent cannot be read: another kernel has had {self.file} for {PATIENCE:g} s."
            raise Refused(why, "Try again when it ends, or end it.") from None
        except OSError as error:
            why = f"{self.file} cannot be used: {error.strerror or error}."
            raise Refused(why, "What was spent is written down there, before anything is sent that costs.") from None

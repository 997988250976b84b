"""The file behind an account: read when it has changed, written whole or not at all, shared by several processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...base.errors import KitError

PATIENCE = 10.0  # seconds to wait for another process that is writing; a write takes about a millisecond
TICK = 1000  # nanoseconds: the finest step that every usual file system keeps


class AccountError(KitError):
    """The file that holds the account cannot be used."""


class StateFile:
    """A JSON object in a file. Only its owner may read it.

    A change is made inside ``with file.locked()``: read, change, :meth:`write`. The lock is a file beside it, and it is
    let go when its process dies, in whatever way. A new version is written under another name and then takes the old
    one's place, so that a process that is killed in the middle leaves the old version. What it had begun is
    overwritten by the next write.

    Nothing is forced out to the disk (fsync): what a process has written outlives it in any case. Only the loss of
    power could take back the last second, at a price of up to tens of milliseconds for each change, in which every call
    would stand still.
    """

    def __init__(self, path: Path) -> None:
        # The same file by two names, one of them a link, must have the same lock.
        self.path = Path(os.path.realpath(path))
        self._new = self.path.with_name(self.path.name + ".new")
        lock = self.path.with_name(self.path.name + ".lock")
        self._lock = FileLock(lock, timeout=PATIENCE, mode=0o600, poll_interval=0.001)
        self.text = b"{}"  # the version that was read or written last
        self._seen: tuple[int, ...] | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.unwritable(error) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or writes the file meanwhile."""
        try:
            self._lock.acquire()
        except Timeout:
            raise AccountError(
                f"The simulator's account file {self.path.name} is in use by another program.",
                "End that program, or choose another file (SIMULATOR_STATE).",
            ) from None
        except (OSError, NotImplementedError) as error:
            raise self.unwritable(error) from None
        try:
            yield
        finally:
            self._lock.release()

    def changed(self) -> bool:
        """True when there is a version that has not been read. One ``stat`` and nothing else."""
        return (mark := self._mark()) is not None and mark != self._seen

    def exists(self) -> bool:
        """True when there is any version."""
        return self._mark() is not None

    def read(self) -> Any:
        """What is in the file. Raises OSError or ValueError. The lock must be held: on Windows a file that somebody
        reads cannot be replaced."""
        mark = self._mark()
        text = self.path.read_bytes()
        data = json.loads(text)
        self.text, self._seen = text, mark
        return data

    def write(self, data: dict[str, Any]) -> None:
        """A new version. The lock must be held."""
        text = json.dumps(data, separators=(",", ":")).encode()
        try:
            with suppress(FileNotFoundError):
                self._new.unlink()  # what a killed process left, whatever its owner and mode
            handle = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            # Two versions may have the same size and, written within one tick of the system's clock, the same time.
            before = self._mark()
            moment = max(time.time_ns(), before[0] + TICK if before else 0)
            os.utime(self._new, ns=(moment, moment))
            self._new.replace(self.path)
            self.text, self._seen = text, self._mark()
        except OSError as error:
            with suppress(OSError):
                self._new.unlink()
            raise self.unwritable(error) from None

    def unwritable(self, error: Exception) -> AccountError:
        """What to say when the file cannot be written."""
        why = getattr(error, "strerror", None) or error
        return AccountError(
            f"The simulator's account file {self.path.name} cannot be written in {self.path.parent}: {why}.",
            "Name a folder of yours (KIT_HOME in the environment), or another file (SIMULATOR_STATE).",
        )

    def _mark(self) -> tuple[int, ...] | None:
        """What tells one version from the next; None when there is no file."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

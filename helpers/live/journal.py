"""The journal of an account: what was there before each change, and what came of it. It only ever grows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from ..base.errors import KitError
from .lines import append

PATIENCE = 60.0  # seconds to wait for another kernel, which may be putting an account back meanwhile


class JournalError(KitError):
    """The journal cannot be written or read: then nothing is changed in the account."""


@dataclass(frozen=True)
class Step:
    """A request that changes the account. Its lines in the journal, put together, have these fields."""

    step: str
    kernel: str = ""  # who sent it
    at: str = ""  # when, ISO 8601 in UTC
    kind: str = ""  # as Asked.kind
    id: str = ""  # the application, number (its digits) or call
    public: str = ""  # the server's public address at that moment
    there: Any = None  # what was there before; None for nothing
    sent: Any = None  # what the request said about it
    came: str = "unknown"  # "done", "refused", or, where no reply came, "unknown"
    left: Any = None  # what was there afterwards, as the reply says
    settled: str = ""  # how it was put back, or why that need not be; empty while it is open


class Journal:
    """The lines about one account in one folder, from all kernels that ever used it; JSON, readable by its owner only.

    A line is on the disk (fsync) before the request it is about is sent. A process that is killed in the middle of a
    line leaves a piece of it, which is read past. Which kernels are alive, the locks say that they hold: a lock is let
    go when its process ends, in whatever way. There is no secret in it: private keys are taken out, the API key is in
    its name as a hash.
    """

    def __init__(self, folder: Path, api_key: str) -> None:
        self.account = api_key
        self.path = folder / f"{hashlib.sha256(api_key.encode()).hexdigest()[:12]}.jsonl"
        self.kernel = uuid4().hex[:12]
        self._door = FileLock(self.path.with_suffix(".lock"), timeout=PATIENCE, mode=0o600, poll_interval=0.005)
        # thread_local: a kernel may end in another thread than the one it began in.
        self._alive = FileLock(self._lock_of(self.kernel), mode=0o600, thread_local=False)

    def enter(self) -> None:
        """This kernel is alive, until :meth:`leave` or its end."""
        with self.alone():
            self._alive.acquire()

    def leave(self) -> None:
        """This kernel has done with the account."""
        self._alive.release()
        with suppress(OSError):
            self._lock_of(self.kernel).unlink(missing_ok=True)

    def others(self) -> set[str]:
        """The other kernels that are alive. Marks of dead ones are taken away."""
        names = {file.suffixes[-2][1:] for file in self.path.parent.glob(f"{self.path.stem}.*.kernel")}
        return {name for name in names - {self.kernel} if not self._is_dead(name)}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other kernel writes, begins or ends meanwhile."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._door.acquire()
        except Timeout:
            raise JournalError(
                f"Another kernel has been writing into {self.path.name} for {PATIENCE:g} s.", "Try again when it ends."
            ) from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            yield
        finally:
            self._door.release()

    def begin(self, kind: str, **facts: Any) -> str:
        """Write down what is about to be changed. Returns the name of the step."""
        step = uuid4().hex[:12]
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.add(step, kernel=self.kernel, at=at, kind=kind, **facts)
        return step

    def add(self, step: str, **facts: Any) -> None:
        """Write down more about a step: what came of it, or how it was settled."""
        line = json.dumps({"step": step, **facts}, ensure_ascii=False).encode() + b"\n"
        with self.alone():
            try:
                self._append(line)
            except OSError as error:
                raise self._unwritable(error) from None

    def steps(self) -> list[Step]:
        """All steps, oldest first."""
        found: dict[str, dict[str, Any]] = {}
        for facts in self._lines():
            found.setdefault(facts["step"], {}).update(facts)
        known = {field.name for field in fields(Step)}
        return [Step(**{name: value for name, value in facts.items() if name in known}) for facts in found.values()]

    def own_applications(self) -> set[str]:
        """The ids of those that were created through the gate."""
        return {s.id.lower() for s in self.steps() if s.kind == "create_application" and s.came == "done"}

    def own_numbers(self) -> set[str]:
        """Those that were rented through the gate, and not given back since."""
        last = {step.id: step.kind for step in self.steps() if step.came == "done" and step.kind in _RENT}
        return {msisdn for msisdn, kind in last.items() if kind == "buy_number"}

    def owns_application(self, application_id: str) -> bool:
        """Whether a request through the gate created it."""
        return application_id.lower() in self.own_applications()

    def has_rented(self, msisdn: str) -> bool:
        """Whether it was ever rented through the gate."""
        return any(step.id == msisdn and step.kind == "buy_number" and step.came == "done" for step in self.steps())

    def has_placed(self, uuid: str) -> bool:
        """Whether a request through the gate started this call."""
        return any(step.id == uuid and step.kind == "create_call" for step in self.steps())

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            text = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            cure = "It says what the kit changed in the account, and what was there before."
            raise JournalError(f"{self.path} cannot be read: {error.strerror or error}.", cure) from None
        for line in text.split(b"\n"):
            with suppress(ValueError):  # a line that was cut off
                facts = json.loads(line)
                if isinstance(facts, dict) and "step" in facts:
                    yield facts

    def _append(self, line: bytes) -> None:
        append(self.path, line)

    def _unwritable(self, error: OSError) -> JournalError:
        cure = "What was in the account is written down there before it is changed: make room for it."
        return JournalError(f"{self.path} cannot be written: {error.strerror or error}.", cure)

    def _lock_of(self, kernel: str) -> Path:
        return self.path.with_suffix(f".{kernel}.kernel")

    def _is_dead(self, kernel: str) -> bool:
        mark = self._lock_of(kernel)
        try:
            with FileLock(mark, timeout=0):
                mark.unlink(missing_ok=True)
        except Timeout:
            return False
        except OSError:  # Windows deletes no open file; the mark stays
            return True
        return True


_RENT = ("buy_number", "cancel_number")

"""A mark: something in a call that has a name, a beginning and an end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Something with a name, from ``start`` to ``end`` (equal for a moment). ``note`` says how it ended, if oddly."""

    start: float
    end: float
    label: str
    note: str = ""
    kind: str = ""
    trouble: bool = False
    count: int = 1  # how many it stands for
    slow: bool = False  # a request that took long, or a silence that one caused

    @property
    def text(self) -> str:
        """Label and note in one."""
        return f"{self.label} ({self.note})" if self.note else self.label

    @property
    def matters(self) -> bool:
        """True for what a long call must not lose among the rest: trouble, and what took too long."""
        return self.trouble or self.slow

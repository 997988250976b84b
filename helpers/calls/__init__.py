"""One call as data: its record, the questions it answers, and what each thing in it means."""

from __future__ import annotations

from .explain import explain

__all__ = ["explain"]

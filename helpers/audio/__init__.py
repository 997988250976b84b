"""Sound as data: files and what is in them, samples, and how fit they are for a telephone."""

from __future__ import annotations

from .files import AudioError, convert, decode, inspect

__all__ = ["AudioError", "convert", "decode", "inspect"]

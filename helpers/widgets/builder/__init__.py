"""The NCCO builder."""

from __future__ import annotations

from .builder import Builder

__all__ = ["Builder"]

"""The event panel."""

from __future__ import annotations

from .panel import EventPanel

__all__ = ["EventPanel"]

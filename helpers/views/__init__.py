"""A call in, a picture and its words out."""

from __future__ import annotations

from ..base.grid import grid
from .ear import telephone_ear
from .player import listen

__all__ = ["grid", "listen", "telephone_ear"]

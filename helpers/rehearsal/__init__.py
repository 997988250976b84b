"""Hear an NCCO before you dial: run it on a phone network of its own, and compare what an option does.

>>> from helpers.rehearsal import play, sweep
>>> play([{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}])
>>> sweep([{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}], "0.level", [-1, 0, 1])
"""

from __future__ import annotations

from .lab import sweep
from .playing import play
from .rehearsal import Rehearsal
from .requests import Sent

__all__ = ["Rehearsal", "Sent", "play", "sweep"]

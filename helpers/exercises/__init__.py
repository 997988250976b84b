"""Exercises that are marked at once: the NCCO is checked, played, and each part of the task is answered.

>>> from helpers.exercises import exercise
>>> exercise("stream", [{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}])
"""

from __future__ import annotations

from .marking import Mark, exercise
from .tasks import TASKS

__all__ = ["TASKS", "Mark", "exercise"]

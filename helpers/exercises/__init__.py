"""Tasks that are marked at once, by what happened; and which of them are done.

>>> from helpers.exercises import exercise
>>> exercise("stream", [{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}])
"""

from __future__ import annotations

from .handing_in import hand_in, open_work
from .mark import Mark
from .marking import exercise
from .progress import begin_again, progress
from .tasks import TASKS

__all__ = ["TASKS", "Mark", "begin_again", "exercise", "hand_in", "open_work", "progress"]

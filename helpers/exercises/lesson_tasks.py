"""The tasks of lessons 00 to 08 and 10, by name and in their order."""

from __future__ import annotations

# Each of these modules tells `judging` of its tasks as it is imported.
from . import answering, controlling, events, first_calls, placing, renting, serving, signing, sound_files  # noqa: F401
from . import neighbours as neighbours
from .judging import REGISTERED

LESSON_TASKS = {name: REGISTERED[name] for name in sorted(REGISTERED)}

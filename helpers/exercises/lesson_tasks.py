"""The tasks of lessons 00 to 08, 10 and 11 by name, in their order; and the steps, which are smaller."""

from __future__ import annotations

# Each of these modules tells `judging` of its tasks as it is imported.
from . import (  # noqa: F401
    answering,
    controlling,
    events,
    first_calls,
    hotlines,
    later_steps,
    neighbours,
    placing,
    renting,
    serving,
    signing,
    sound_files,
    steps,
)
from .judging import REGISTERED

LESSON_TASKS = {name: REGISTERED[name] for name in sorted(REGISTERED) if name[-1].isdigit()}
STEPS = {name: REGISTERED[name] for name in sorted(REGISTERED) if name[-1].isalpha()}

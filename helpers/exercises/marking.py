"""``exercise``: look at what a cell has done, and say how far it does a task."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ..base.errors import KitError
from ..base.text import nearest
from ..ncco.problems.problems import NccoError
from ..rehearsal import play
from .judging import NotAttempted, has_dots, steps_of
from .lesson_tasks import LESSON_TASKS
from .mark import Mark, Part
from .progress import keep
from .tasks import TASKS

SIMULATED_ONLY = "Tasks are marked in simulated mode only: of a real call only you hear what was said."
_tries: Counter[str] = Counter()  # attempts in this kernel that were not right: each shows one more hint


def exercise(name: str, *answer: Any) -> Mark:
    """How far the task of that name is done: not attempted, not yet (what is missing), or right.

    A task of a lesson is judged by what happened, on the phone, on the wire or in the account; ``answer`` is what it
    asks for, such as a call. With three dots there it is not attempted. For a task of lesson 09 it is an NCCO: a list,
    JSON text, an ``Ncco`` or a builder. That is played as by :func:`helpers.rehearsal.play`, so nothing is dialled. A
    wrong answer is not an error here. Raises :class:`KitError` for a task that is not there.

    >>> exercise("wait", [{"action": "wait", "timeout": 5}]).right
    False
    """
    if name in TASKS and len(answer) == 1:
        return _kept(rehearsed(name, answer[0]))
    if name in LESSON_TASKS:
        return _kept(_judged(name, answer))
    known = {*TASKS, *LESSON_TASKS}
    if name in TASKS:
        raise KitError(f"The task {name!r} wants one NCCO.", f'For example: exercise("{name}", TRY).')
    meant = nearest(str(name), known)
    cure = f"Did you mean {meant}?" if meant else f"There are: {', '.join([*TASKS, *LESSON_TASKS])}."
    raise KitError(f"There is no exercise {name!r}.", cure)


def rehearsed(name: str, ncco: Any) -> Mark:
    """The mark of an NCCO, which is played for it."""
    from ..ncco import TemplateError, check

    task = TASKS[name]
    problems = tuple(check(ncco, variables=task.variables))
    try:
        played = play(ncco, name=f"try-{name}", variables=task.variables, **task.person)
    except (NccoError, TemplateError):
        return Mark(name, problems, tuple(Part(words, False) for words, _ in task.parts))
    return Mark(name, problems, tuple(Part(words, bool(is_done(played))) for words, is_done in task.parts), played)


def _judged(name: str, answer: tuple[Any, ...]) -> Mark:
    from ..kit import current

    if has_dots(answer):
        return Mark(name)
    kit, task = current(), LESSON_TASKS[name]
    if kit.settings.live:
        return Mark(name, parts=(Part("The mode is simulated.", False, SIMULATED_ONLY),))
    try:
        steps = steps_of(task, kit, answer)
        parts = tuple(Part(words, not missing, missing) for words, missing in steps)
    except NotAttempted:
        return Mark(name)
    tried = Mark(name, parts=parts, hints=task.hints)
    _tries[name] += not tried.right
    return Mark(name, parts=parts, hints=task.hints, tries=_tries[name])


def _kept(mark: Mark) -> Mark:
    return replace(mark, score=keep(mark.name)) if mark.right else mark

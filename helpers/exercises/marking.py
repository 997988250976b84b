"""``exercise``: look at what a cell has done, and say how far it does a task."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..base.text import nearest
from ..call import Call
from ..calls.arguments import uuid_of
from ..ncco.problems.problems import NccoError
from ..rehearsal import Rehearsal, play
from .judging import LessonTask, NotAttempted, has_dots, steps_of
from .lesson_tasks import LESSON_TASKS, STEPS
from .mark import Mark, Part
from .progress import keep
from .tasks import TASKS, is_untouched

if TYPE_CHECKING:
    from ..kit import Kit

SIMULATED_ONLY = "Tasks are marked in simulated mode only: of a real call only you hear what was said."
_tries: Counter[str] = Counter()  # attempts in this kernel that were not right: each shows one more hint


def exercise(name: str, *answer: Any) -> Mark:
    """How far the task of that name is done: not attempted, not yet (what is missing), or right.

    A task or a step of a lesson is judged by what happened, on the phone, on the wire or in the account; ``answer`` is
    what it asks for, such as a call, which is shown, to be heard. With three dots there it is not attempted. For a task
    of lesson 09 it is an NCCO: a list, JSON text, an ``Ncco`` or a builder. That is played as by
    :func:`helpers.rehearsal.play`, so nothing is dialled. A wrong answer is not an error here. Raises
    :class:`KitError` for a task that is not there.

    >>> exercise("wait", [{"action": "wait", "timeout": 5}]).right
    False
    """
    if name in TASKS and len(answer) == 1:
        return _kept(rehearsed(name, answer[0]))
    if name in STEPS:
        return _judged(name, STEPS[name], answer)
    if name in LESSON_TASKS:
        return _kept(_judged(name, LESSON_TASKS[name], answer))
    if not isinstance(name, str):
        raise KitError(f"{name!r} is not the name of an exercise.", 'It stands in quotes: exercise("00-1", …).')
    known = {*TASKS, *LESSON_TASKS, *STEPS}
    if name in TASKS:
        raise KitError(f"The task {name!r} wants one NCCO.", f'For example: exercise("{name}", TRY).')
    meant = f"0{name}" if f"0{name}" in known else nearest(name, known)
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
        parts = tuple(Part(words, False) for words, _ in task.parts)
        return Mark(name, problems, parts, attempted=not is_untouched(name, ncco))
    parts = tuple(Part(words, bool(is_done(played))) for words, is_done in task.parts)
    return Mark(name, problems, parts, played, attempted=not is_untouched(name, ncco))


def _judged(name: str, task: LessonTask, answer: tuple[Any, ...]) -> Mark:
    from ..kit import current

    if has_dots(answer):
        return Mark(name)
    kit = current()
    if kit.settings.live:
        return Mark(name, parts=(Part("The mode is simulated.", False, SIMULATED_ONLY),))
    try:
        steps = steps_of(task, kit, answer)
        parts = tuple(Part(words, not missing, missing) for words, missing in steps)
    except NotAttempted:
        return Mark(name)
    tried = Mark(name, parts=parts, hints=task.hints)
    _tries[name] += not tried.right
    played = next((one for one in answer if isinstance(one, Rehearsal)), None)
    return replace(tried, tries=_tries[name], call=_answered(kit, answer), rehearsal=played)


def _answered(kit: Kit, answer: tuple[Any, ...]) -> Call | None:
    """The first call in an answer that somebody picked up, here or in the class: it can be heard."""
    for given, here in product(answer, (True, False)):
        with suppress(KitError):
            call = (kit if here else kit.classroom).call(uuid_of(given))
            if call.answered_at is not None:
                return call
    return None


def _kept(mark: Mark) -> Mark:
    return replace(mark, score=keep(mark.name)) if mark.right else mark

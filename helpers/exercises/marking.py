"""``exercise``: check an NCCO, play it, and say which parts of a task it does; with what was heard."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from ..base.errors import KitError
from ..base.text import nearest
from ..base.view import View
from ..ncco.problems.problems import NccoError, Problem
from ..rehearsal import Rehearsal, play
from .tasks import TASKS

KINDS = {"error": "Error", "advice": "Advice"}
QUIET = "color:var(--jp-ui-font-color2,#616161)"


def exercise(name: str, ncco: Any) -> Mark:
    """How far an NCCO does the task of that name. Shown in a notebook: its problems, the parts of the task, its sound.

    ``ncco`` is a list, JSON text, an ``Ncco`` or a builder. It is played as by :func:`helpers.rehearsal.play`, so
    nothing is dialled. A wrong NCCO is not an error here: its problems are shown, and nothing is played. Raises
    :class:`KitError` for a task that is not there.

    >>> exercise("wait", [{"action": "wait", "timeout": 5}]).right
    False
    """
    from ..ncco import TemplateError, check

    task = TASKS.get(name)
    if task is None:
        meant = nearest(str(name), TASKS)
        cure = f"Did you mean {meant}?" if meant else f"There are: {', '.join(TASKS)}."
        raise KitError(f"There is no exercise {name!r}.", cure)
    problems = tuple(check(ncco, variables=task.variables))
    try:
        played = play(ncco, name=f"try-{name}", variables=task.variables, **task.person)
    except (NccoError, TemplateError):
        return Mark(name, problems, tuple((words, False) for words, _ in task.parts))
    return Mark(name, problems, tuple((words, bool(is_done(played))) for words, is_done in task.parts), played)


@dataclass(frozen=True, repr=False)
class Mark:
    """What came of an attempt. ``parts`` are the parts of the task, each with whether it is done; ``rehearsal`` is the
    call as it was played, or None if the NCCO has errors."""

    name: str
    problems: tuple[Problem, ...]
    parts: tuple[tuple[str, bool], ...]
    rehearsal: Rehearsal | None = None

    @property
    def right(self) -> bool:
        """True if every part is done."""
        return all(done for _, done in self.parts)

    @property
    def title(self) -> str:
        """The result in one line."""
        done = sum(done for _, done in self.parts)
        state = "done" if self.right else f"{done} of {len(self.parts)} parts done"
        return f"Exercise {self.name}: {state}"

    @property
    def view(self) -> View:
        """All of it, to look at: as HTML, and in words."""
        sound = self.rehearsal.player() if self.rehearsal and self.rehearsal.seconds else None
        return View(_as_text(self, sound), {"text/html": _as_html(self, sound)})

    def __repr__(self) -> str:
        return self.view.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.view._repr_mimebundle_(include, exclude)


def _lines(problem: Problem) -> list[str]:
    """What is wrong, why it matters, and what one click would do."""
    fix = f"One click in the builder: {problem.fix.label}" if problem.fix else ""
    why = f"Why: {problem.why}" if problem.why else ""
    return [f"{KINDS[problem.severity]}: {problem}", *filter(None, (why, fix))]


def _as_text(mark: Mark, sound: View | None) -> str:
    lines = []
    for problem in mark.problems:
        first, *more = _lines(problem)
        lines += [first, *(f"    {line}" for line in more)]
    lines += [mark.title, *(f"  {'✓ done   ' if done else '✗ not yet'}  {words}" for words, done in mark.parts)]
    return "\n".join([*lines, *([sound.text] if sound else [])])


def _as_html(mark: Mark, sound: View | None) -> str:
    """The same as HTML. Every value is escaped: an NCCO may hold anything."""
    parts = []
    for problem in mark.problems:
        first, *more = _lines(problem)
        kind, _, words = first.partition(": ")
        below = "".join(f'<br><span style="{QUIET}">{escape(line)}</span>' for line in more)
        parts.append(f'<p style="margin:.2em 0 .6em"><strong>{kind}:</strong> {escape(words)}{below}</p>')
    rows = "".join(
        f"<li>{'✓ done:' if done else '✗ <strong>not yet:</strong>'} {escape(words)}</li>" for words, done in mark.parts
    )
    parts.append(
        f'<p style="margin:.4em 0 0"><strong>{escape(mark.title)}</strong></p>'
        f'<ul style="margin:.2em 0 .6em;list-style:none;padding-left:1em">{rows}</ul>'
    )
    player = sound.bundle["text/html"] if sound else ""
    return f'<div style="max-width:60em;line-height:1.5">{"".join(parts)}{player}</div>'

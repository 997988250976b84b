"""The mark of an attempt: not attempted, not yet, or right; in colour and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..base.html import Html, tag, trusted
from ..base.view import View
from ..call import Call
from ..ncco.problems.problems import Problem
from ..rehearsal import Rehearsal

KINDS = {"error": "Error", "advice": "Advice"}
QUIET = "color:var(--jp-ui-font-color2,#616161)"
NOT_ATTEMPTED, NOT_YET, RIGHT = "not attempted", "not yet", "right"
# Sign and colour of a state: such that it can be read on light and on dark, and told apart in grey.
LOOKS = {NOT_ATTEMPTED: ("○", "#757575"), NOT_YET: ("◐", "#b26a00"), RIGHT: ("✓", "#2e7d32")}
DOTS = "Put your answer in place of the three dots, and run the cell again."
FOUND = "This is what the lesson has. Put it right, and run the cell again."
STEP = re.compile(r"\d\d-[a-z]")


class Part(NamedTuple):
    """A part of a task, whether it is done, and what is missing if it can be said."""

    words: str
    done: bool
    missing: str = ""


@dataclass(frozen=True, repr=False)
class Mark:
    """What came of an attempt. ``parts`` are the parts of the task that were looked at; ``rehearsal`` is the call as it
    was played, where an NCCO was, ``call`` the call of an answer; ``tries`` of the ``hints`` are in the words, in the
    picture they unfold. ``attempted`` is False while an NCCO is as the lesson has it."""

    name: str
    problems: tuple[Problem, ...] = ()
    parts: tuple[Part, ...] = ()
    rehearsal: Rehearsal | None = None
    hints: tuple[str, ...] = ()
    tries: int = 1
    score: str = ""
    call: Call | None = None
    attempted: bool = True

    @property
    def right(self) -> bool:
        """True if every part is done."""
        return bool(self.parts) and all(part.done for part in self.parts)

    @property
    def state(self) -> str:
        """``not attempted``, ``not yet`` or ``right``."""
        return RIGHT if self.right else NOT_YET if self.parts and self.attempted else NOT_ATTEMPTED

    @property
    def title(self) -> str:
        """The result in one line."""
        return f"{'Step' if STEP.fullmatch(self.name) else 'Task'} {self.name}: {self.state}"

    @property
    def view(self) -> View:
        """All of it, to look at: as HTML, and in words."""
        sound = self.call.player(name=f"try-{self.name}") if self.call else self._rehearsed
        return View(_as_text(self, sound), {"text/html": _as_html(self, sound)})

    @property
    def _rehearsed(self) -> View | None:
        return self.rehearsal.player() if self.rehearsal and self.rehearsal.seconds else None

    def __repr__(self) -> str:
        return _as_text(self, self._rehearsed)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.view._repr_mimebundle_(include, exclude)


def _lines(problem: Problem) -> list[str]:
    """What is wrong, why it matters, and what one click would do."""
    fix = f"One click in the builder: {problem.fix.label}" if problem.fix else ""
    why = f"Why: {problem.why}" if problem.why else ""
    return [f"{KINDS[problem.severity]}: {problem}", *filter(None, (why, fix))]


def _todo(mark: Mark) -> str:
    return DOTS if mark.attempted else FOUND


def _as_text(mark: Mark, sound: View | None) -> str:
    lines = []
    for problem in mark.problems:
        first, *more = _lines(problem)
        lines += [first, *(f"    {line}" for line in more)]
    lines.append(mark.title)
    for part in mark.parts:
        lines.append(f"  {'✓ done   ' if part.done else '✗ not yet'}  {part.words}")
        lines += [f"             {part.missing}"] if part.missing else []
    lines += [f"  {_todo(mark)}"] if mark.state == NOT_ATTEMPTED else []
    if mark.state == NOT_YET:
        told = mark.hints[: mark.tries]
        lines += [f"  Hint {number} of {len(mark.hints)}: {hint}" for number, hint in enumerate(told, 1)]
    return "\n".join([*lines, *filter(None, [mark.score]), *([sound.text] if sound else [])])


def _as_html(mark: Mark, sound: View | None) -> Html:
    """The same as HTML. What is said of an attempt is text, and is escaped: an NCCO may hold anything."""
    sign, colour = LOOKS[mark.state]
    badge = tag("span", sign, aria_hidden="true", style=f"background:{colour};color:#fff;border-radius:50%;width:1.6em;"
                "height:1.6em;line-height:1.6em;text-align:center;flex:none;font-weight:bold")  # fmt: skip
    head = tag("div", badge, tag("strong", mark.title, style="font-size:1.1em"),
               tag("span", mark.score, style=f"margin-left:auto;{QUIET}"),
               style="display:flex;gap:.6em;align-items:center;flex-wrap:wrap")  # fmt: skip
    dots = tag("p", _todo(mark), style="margin:.5em 0 0") if mark.state == NOT_ATTEMPTED else None
    rows = tag("ul", _rows(mark.parts), style="margin:.6em 0 0;padding:0;list-style:none") if mark.parts else None
    hints = _hints(mark.hints) if mark.state == NOT_YET else None
    card = tag(
        "div", head, dots, [_problem(one) for one in mark.problems], rows, hints,
        style=f"max-width:60em;line-height:1.5;margin:.3em 0;padding:.7em 1em;border:1px solid {colour};"
        f"border-left-width:6px;border-radius:6px;background:color-mix(in srgb,{colour} 10%,transparent)",
    )  # fmt: skip
    return tag("div", card, trusted(sound.bundle["text/html"]) if sound else None)


def _rows(parts: tuple[Part, ...]) -> list[Html]:
    """A line for each part: its sign, its words, and below them what is missing."""
    rows = []
    for part in parts:
        colour = LOOKS[RIGHT if part.done else NOT_YET][1]
        mark = tag("strong", "✓ done:" if part.done else "✗ not yet:", style="white-space:nowrap")
        missing = tag(
            "div", code(part.missing), style=f"margin-left:1.2em;padding-left:.7em;border-left:3px solid {colour}"
        )
        rows.append(tag("li", mark, " ", code(part.words), missing if part.missing else None, style="margin:.25em 0"))
    return rows


def _problem(problem: Problem) -> Html:
    first, *more = _lines(problem)
    kind, _, words = first.partition(": ")
    below = [(tag("br"), tag("span", line, style=QUIET)) for line in more]
    return tag("p", tag("strong", f"{kind}:"), f" {words}", below, style="margin:.5em 0 0")


def _hints(hints: tuple[str, ...], number: int = 1) -> Html | None:
    """The hints, each folded into the one before it."""
    if not hints:
        return None
    label = tag("summary", "Hint" if number == 1 else "One more hint", style="cursor:pointer")
    return tag("details", label, code(hints[0]), _hints(hints[1:], number + 1), style="margin:.5em 0 0 1.2em")


def code(text: str) -> list[Html | str]:
    """A text in which what stands between backticks is code."""
    return [tag("code", one[1:-1]) if one[:1] == "`" else one for one in re.split(r"(`[^`]+`)", text)]

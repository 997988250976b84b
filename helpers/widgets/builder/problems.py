"""Problems as the builder shows them: what, why, what to do, a way to the place, and a button where one click helps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.html import Html, button, join, tag
from ...ncco.problems.problems import Problem
from .pieces import icon, section

#: Sign and word of each severity: neither needs the colour.
SIGNS = {"error": ("✗", "Error"), "advice": ("!", "Advice")}
_PLACE = re.compile(r"[Ll]ine (\d+), column (\d+)")
#: The most problems of one kind that are listed; nobody reads more.
MOST_SHOWN = 40


def counted(number: int, what: str) -> str:
    """``1 error``, ``2 errors``; advice has no plural."""
    return f"{number} {what}{'s' if number != 1 and what != 'advice' else ''}"


def numbers_of(problems: Sequence[Problem]) -> tuple[int, int]:
    """How many errors, and how many pieces of advice."""
    errors = sum(problem.severity == "error" for problem in problems)
    return errors, len(problems) - errors


def badge(severity: str, number: int) -> Html | None:
    """Sign, number and word: ``✗ 2 errors``."""
    if not number:
        return None
    return tag("span", tag("span", f"{SIGNS[severity][0]} ", aria_hidden="true"), counted(number, severity),
               class_=f"ncco-badge ncco-{severity}")  # fmt: skip


def _word(severity: str, after: str, name: str = "span") -> Html:
    """Sign and word of a severity, in its colour: ``✗ Error: ``."""
    sign, word = SIGNS[severity]
    return tag(name, tag("span", sign, aria_hidden="true"), f" {word}{after}", class_=f"ncco-{severity}")


def status(problems: Sequence[Problem], count: int, *, unread: bool) -> Html:
    """How the NCCO stands, in a few words; ``unread``: the JSON that was typed could not be read."""
    errors, pieces = numbers_of(problems)
    texts = [_leads("JSON not read", "error", "tab", {"tab": "json"})] if unread else []
    numbers = {"error": errors, "advice": pieces}
    found = [_leads(counted(number, one), one, "see") for one, number in numbers.items() if number]
    if errors or unread:
        return join([texts, found])
    if not count:
        return tag("span", "Nothing in it yet", class_="ncco-badge ncco-plain")
    ready = tag("span", tag("span", "✓ ", aria_hidden="true"), "Ready", class_="ncco-badge ncco-ready")
    return join([ready, found])


def _leads(words: str, severity: str, do: str, args: dict[str, str] | None = None) -> Html:
    """A badge that leads to what it counts."""
    inside = [tag("span", f"{SIGNS[severity][0]} ", aria_hidden="true"), words]
    return button(inside, do, args=args, title="Go there", class_=f"ncco-badge ncco-{severity}")


def line(problem: Problem, number: int | None) -> Html:
    """One problem at the field that it speaks of; ``number`` is that of the action."""
    cure = tag("span", problem.cure, class_="ncco-cure") if problem.cure else None
    why = tag("span", f" {problem.why}", class_="ncco-why") if problem.why else None
    said = [_word(problem.severity, ": "), tag("span", problem.message, " "), cure, why]
    return tag("div", said, fix_button(problem, number), class_="ncco-problem")


def panel(problems: Sequence[Problem], ids: Sequence[int]) -> Html:
    """All problems, errors apart from advice, each with a way to its place."""
    parts = [] if problems else [tag("p", "Nothing to put right.", class_="ncco-quiet")]
    for severity, heading in (("error", "Errors: Vonage would refuse or ignore these"), ("advice", "Advice")):
        found = [problem for problem in problems if problem.severity == severity]
        if found:
            parts.append(tag("h5", f"{heading} ({len(found)})", class_=f"ncco-{severity}"))
            parts.append(tag("ul", [_entry(problem, ids) for problem in found[:MOST_SHOWN]], class_="ncco-list"))
            if len(found) > MOST_SHOWN:
                parts.append(tag("p", f"and {len(found) - MOST_SHOWN} more.", class_="ncco-quiet"))
    return section("problems", "Problems", parts, tabindex="-1")


def text_banner(problems: Sequence[Problem]) -> Html | None:
    """What is wrong with the JSON that was typed, and the way to the place."""
    if not problems:
        return None
    first = problems[0]
    goto = mend = None
    if found := _PLACE.search(first.message):
        goto = tag("button", f"Go to line {found[1]}", type="button", data_goto=f"{found[1]},{found[2]}",
                   class_="ncco-small")  # fmt: skip
    if first.fix:
        mend = button(first.fix.label, "fix_text", class_="ncco-small ncco-fix")
    hint = "Drop my text and show the JSON of the form again"
    forget = button("Drop my text", "forget", hint=hint, class_="ncco-small")
    said = [
        _word("error", ": ", "strong"),
        f"{first.message} ",
        tag("span", f"{first.cure} ", class_="ncco-cure"),
        tag("div", "The form is as it was, and your text is kept here.", class_="ncco-quiet"),
    ]
    buttons = tag("div", goto, mend, forget, class_="ncco-buttons")
    label = "What is wrong with the JSON"
    return tag("div", tag("div", said), buttons, class_="ncco-banner", role="group", aria_label=label)


def fix_button(problem: Problem, number: int | None) -> Html | None:
    """The button that puts the problem right, if one click can."""
    if problem.fix is None:
        return None
    args = {"id": number, "rule": problem.rule, "field": problem.field, "label": problem.fix.label}
    return button([icon("fix"), problem.fix.label], "fix", args=args, class_="ncco-small ncco-fix")


def _entry(problem: Problem, ids: Sequence[int]) -> Html:
    number = ids[problem.action] if problem.action is not None and problem.action < len(ids) else None
    where = f"[{problem.action}] {problem.field}".strip() if problem.action is not None else "the NCCO"
    goto = tag("span", where, class_="ncco-place")
    if number is not None:
        hint = f"Go to action {problem.action}{f', {problem.field}' if problem.field else ''}"
        args = {"id": number, "field": problem.field}
        goto = button(where, "jump", args=args, class_="ncco-small ncco-place", title=hint)
    said = tag("div", problem.message, " ", tag("span", problem.cure, class_="ncco-cure"))
    why = tag("div", problem.why, class_="ncco-why") if problem.why else None
    return tag("li", _word(problem.severity, " "), goto, said, why, fix_button(problem, number))

"""What can be JSON: text is read, with the place and the likely slip where it is not; data is looked through.

Data from Python can hold sets, NaN, circles and half characters, which nobody can send.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from .data import Path, as_data, field_of
from .problems.fixes import on_list
from .problems.problems import MOST_PROBLEMS, Problem, advice, error, kind_of, shown

#: Characters, or bytes, of the longest text that is read. Far more than any NCCO, and little enough for an editor.
LONGEST = 1_000_000
# A text of more characters is not tried as Python: to take it apart would take longer than a person waits.
_LONGEST_PYTHON = 50_000
#: Levels of lists and objects; an NCCO has five of its own, the rest is for free data such as a payload.
DEEPEST = 200
#: Values in one action, as many as the longest text could have; a list may hold the same list twice on every level.
MOST_PARTS = 500_000
# Python writes no longer whole numbers out unless it is told to.
_MOST_BITS = 14_000

_SPACES = tuple("\u00a0\u2007\u202f\u2028\u2029\u200b\ufeff\u3000\u2002\u2003\u2009")
_WHOLE = "Write the character itself, or both of its halves: \\ud83d\\ude00."
_QUOTE = '\\"'
# Sounds, pictures and archives are full of these; a text has none.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read(ncco: Any) -> tuple[Any, list[Problem]]:
    """An NCCO in any form as data, and the problems of its text: with an error among them the data is ``None``."""
    return from_json(ncco) if isinstance(ncco, (str, bytes, bytearray)) else (as_data(ncco), [])


def from_json(text: str | bytes | bytearray) -> tuple[Any, list[Problem]]:
    """The data in a JSON text, and its problems; the data is ``None`` if there is an error among them."""
    if len(text) > LONGEST:
        said = f"The text has {len(text):,} characters; {LONGEST:,} are the most that are read."
        cure = "The NCCO of a call has some thousands: is this the right file?"
        return None, [error("", said, cure, rule="too-large")]
    if not isinstance(text, str):
        try:
            text = bytes(text).decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            said = f"This is not text: byte {problem.start} is not UTF-8."
            return None, [error("", said, "Save or send it as UTF-8.", rule="not-utf8")]
    text = text.removeprefix("\ufeff")
    twice: list[Problem] = []
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice), parse_constant=_constant), twice
    except json.JSONDecodeError as problem:
        return None, [_not_json(text, problem)]
    except RecursionError:
        return None, [error("", "The JSON is nested too deeply.", "An NCCO has five levels at most.", rule="too-deep")]
    except ValueError as problem:
        # Anything but ours is about whole numbers: Python reads them up to 4,300 digits.
        said = str(problem) if "in JSON" in str(problem) else "a number in it has thousands of digits"
        return None, [error("", f"This is not JSON: {said}.", "Write an ordinary number.", rule="not-json")]


def _object(pairs: list[tuple[str, Any]], twice: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and len(twice) < MOST_PROBLEMS:
            said = f"{shown(name)} stands twice in one object; only the last one counts."
            twice.append(advice(name, said, "Remove one, or write }, { between two actions.", rule="duplicate-name"))
        found[name] = value
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _not_json(text: str, problem: json.JSONDecodeError) -> Problem:
    if not text.strip():
        cure = 'Write for example [{"action": "talk", "text": "Hello"}].'
        return error("", "The text is empty.", cure, rule="not-json")
    if len(_CONTROL.findall(text[:400])) > 2 and "\0" not in text[1:4:2]:
        cure = "Choose a file that holds the NCCO as text."
        return error("", "This is not text: sounds, pictures and archives look like this.", cure, rule="not-json")
    if text.lstrip().startswith("<"):
        cure = "Look at what the address answers with."
        return error("", "This is a web page or XML, not JSON.", cure, rule="not-json")
    lines = text.splitlines() or [""]
    line = lines[problem.lineno - 1] if problem.lineno <= len(lines) else ""
    rest = line[max(0, problem.colno - 1) :][:20]
    near = f", at “{shown(rest)[1:-1].replace(_QUOTE, chr(34))}”" if rest.strip() else ""
    place = f"This is not JSON: line {problem.lineno}, column {problem.colno}{near}."
    python = _python(text)
    fix = on_list("Write it as JSON", lambda _: python) if isinstance(python, list) else None
    return error("", place, _slip(text, problem, python), rule="not-json", fix=fix)


def _slip(text: str, problem: json.JSONDecodeError, python: Any) -> str:
    """What is likely to be meant: the first that holds."""
    before, rest, here = text[: problem.pos].rstrip(), text[problem.pos :].lstrip(), text[problem.pos : problem.pos + 1]
    comma = before.endswith(",") and (rest[:1] in ("]", "}") or problem.msg.startswith("Illegal trailing"))
    unclosed = problem.msg.startswith("Invalid control character")
    slips = [
        ("\0" in text[:4], "It looks like UTF-16: save or send it as UTF-8."),
        (comma, "Remove the comma before it."),
        ("{{" in text, 'Fill in templates with render_ncco; a placeholder stands in quotes: "{{name}}".'),
        (rest.startswith(("//", "/*", "#")), "JSON has no comments: remove this one."),
        (here in _SPACES, "A space that JSON does not know, from a web page perhaps: write an ordinary one."),
        (python is not None, f"It is Python: write {shown(python, 200)}, or hand over the list itself."),
        (rest.startswith(("'", "‘", "“", "”")), 'Use straight double quotes: "…".'),
        (not rest, "It ends too early: a quote, a } or a ] is missing."),
        (problem.msg.startswith("Extra data"),
         "The list is closed already: put all actions inside one pair of square brackets."),
        (problem.msg.startswith("Expecting ',' delimiter"),
         "A comma is missing before it, or a quote or bracket further up."),
        (unclosed and here in "\r\n", "A quote is not closed on this line."),
        (unclosed, f"A text cannot hold this character as it is: remove it, or write \\u{ord(here or ' '):04x}."),
        (True, "A name and a text each stand in double quotes; a colon stands between name and value."),
    ]  # fmt: skip
    return next(cure for holds, cure in slips if holds)


def _python(text: str) -> Any:
    if len(text) > _LONGEST_PYTHON:
        return None
    try:
        value = ast.literal_eval(text.strip())
        json.dumps(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, (list, dict)) else None


def shape_problems(items: Sequence[Any]) -> dict[int, list[Problem]]:
    """What in each action cannot be written as JSON, by the position of the action."""
    looked = ((index, _look_through(item)) for index, item in enumerate(items))
    return {index: problems for index, problems in looked if problems}


def too_deep(data: Any) -> list[Problem]:
    """An error if the data is too deep, or too large, to be gone through."""
    return [problem for problem in _look_through(data) if problem.rule in ("too-deep", "too-large")]


def _look_through(item: Any) -> list[Problem]:
    """Without recursion, so that what is nested endlessly cannot break the look itself."""
    name = item.get("action") if isinstance(item, dict) else None
    owner = name if isinstance(name, str) and len(name) < 30 and name.isidentifier() else "the action"
    found: list[Problem] = []
    waiting: list[tuple[Any, Path]] = [(item, ())]
    parts = 0
    while waiting and len(found) < MOST_PROBLEMS:
        value, path = waiting.pop()
        is_object = isinstance(value, dict)
        children = list(value.items() if is_object else enumerate(value)) if _holds(value) else []
        parts += len(children)
        if parts > MOST_PARTS:
            message = f"It has more than {MOST_PARTS:,} parts."
            return [error(field_of(path[:1]), message, "An NCCO has some hundreds.", rule="too-large")]
        if len(path) >= DEEPEST and children:
            message = f"It is nested more than {DEEPEST} levels deep."
            return [error(field_of(path[:1]), message, "An NCCO itself has five levels at most.", rule="too-deep")]
        for key, one in children:
            if is_object and not (isinstance(key, str) and _is_whole(key)):
                found.append(_no_name(owner, key))
            elif isinstance(one, str) and one.isascii():  # as most are, of which there may be a hundred thousand
                continue
            elif _holds(one):
                waiting.append((one, (*path, key)))
            elif (said := _fault(one)) is not None:
                found.append(_no_value(owner, field_of((*path, key)), one, said))
    return found


def _holds(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple))


def _is_whole(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "replace").decode() == text


def _fault(value: Any) -> str | None:
    """Why this single value is not JSON; ``None`` if it is."""
    if isinstance(value, str):
        return None if _is_whole(value) else "holds half of a character"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value.bit_length() < _MOST_BITS else "is a number of thousands of digits"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"is {value}, which JSON does not know"
    # A model inside a list is data in another form.
    return None if hasattr(type(value), "model_fields") else f"is {kind_of(value)}, which JSON does not know"


def _no_value(owner: str, field: str, value: Any, said: str) -> Problem:
    cure = "Use an ordinary number." if isinstance(value, (int, float)) else "Use text, numbers, lists and dicts."
    half = isinstance(value, str)
    rule = "half-character" if half else "no-json-value"
    return error(field, f"{field} of {owner} {said}.", _WHOLE if half else cure, rule=rule)


def _no_name(owner: str, key: Any) -> Problem:
    if isinstance(key, str):
        message = f"{owner}: the name {shown(key)} holds half of a character."
        return error("", message, _WHOLE, rule="half-character")
    message = f"{owner}: {shown(key)} is not a name: names are text."
    return error("", message, "Put quotes around it.", rule="no-json-value")

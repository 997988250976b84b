"""What can be JSON: text is read, with the place and the likely slip where it is not; data is looked through.

One judgement for the linter, the builder and a call: of a byte order mark, of JSON encoded twice, of a list by PHP.
Data from Python can hold sets, NaN, circles and half characters, which nobody can send.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from ..base.text import as_seen, unseen_in
from .data import Path, as_data, copy_of, field_of
from .problems.fixes import Fix, on_list
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

_WHOLE = "Write the character itself, or both of its halves: \\ud83d\\ude00."
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")
_QUOTE = '\\"'
# A text of JSON, to its end or that of the whole, or what is between two such texts.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[^"]+', re.DOTALL)
# In front of a list in Python: ncco = [
_ASSIGNED = re.compile(r"\A\s*\w+\s*=(?=\s*\[)")
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
        coding = json.detect_encoding(bytes(text))
        try:
            if coding.startswith("utf-8"):
                text = bytes(text).decode("utf-8")
            else:
                return None, [_not_utf8(f"This is {coding[:6].upper()}, not UTF-8.", bytes(text).decode(coding))]
        except UnicodeDecodeError as problem:
            return None, [_not_utf8(f"This is not text: byte {problem.start} is not UTF-8.", "")]
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


def _not_utf8(said: str, text: str) -> Problem:
    """``text``: what it says, if that is known."""
    return error("", said, "Save or send it as UTF-8.", rule="not-utf8", fix=_as_json(_meant(text.lstrip("\ufeff"))))


def in_place(label: str, meant: list[Any]) -> Fix:
    """A fix that writes what was meant in place of all there is, also of a text that cannot be read."""
    return replace(on_list(label, lambda _: copy_of(meant)), of_text=True)


def _as_json(meant: Any) -> Fix | None:
    return in_place("Write it as JSON", meant) if isinstance(meant, list) else None


def _meant(text: str) -> Any:
    """The data in a text that is JSON but for characters that nobody sees, or that is Python; ``None`` otherwise."""
    try:
        plain = _PIECE.sub(lambda piece: piece[0] if piece[0][0] == '"' else as_seen(piece[0]), text)
        return json.loads(plain, parse_constant=_constant)
    except (ValueError, RecursionError):
        return _python(text)


class Wrapped(NamedTuple):
    """What JSON has in place of a list or an object; ``inside`` is what was meant."""

    inside: Any
    said: str
    cure: str


def wrapped(data: Any) -> Wrapped | None:
    """A text that holds JSON once more, or an object that PHP made of a list; ``None`` for anything else."""
    if isinstance(data, str) and data.lstrip("\ufeff \n\r\t")[:1] in ("[", "{", '"') and len(data) <= LONGEST:
        inside = _meant(data)
        if isinstance(inside, (list, dict)) or wrapped(inside):
            return Wrapped(inside, "a text that holds it: it was encoded as JSON twice", "Encode it only once.")
    if isinstance(data, dict) and data and all(isinstance(name, str) and _INDEX.fullmatch(name) for name in data):
        said = "an object with numbers for names, as PHP writes a list with gaps"
        return Wrapped(list(data.values()), said, "Make it a list again: array_values($list).")
    return None


def unwrapped(data: Any) -> Any:
    """What was certainly meant: without the texts, and the objects of PHP, that stand around it."""
    while found := wrapped(data):
        data = found.inside
    return data


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
    meant = _meant(text)
    return error("", place, _slip(text, problem, meant), rule="not-json", fix=_as_json(meant))


def _slip(text: str, problem: json.JSONDecodeError, meant: Any) -> str:
    """What is likely to be meant: the first that holds."""
    before, rest, here = text[: problem.pos].rstrip(), text[problem.pos :].lstrip(), text[problem.pos : problem.pos + 1]
    comma = before.endswith(",") and (rest[:1] in ("]", "}") or problem.msg.startswith("Illegal trailing"))
    unclosed = problem.msg.startswith("Invalid control character")
    slips = [
        ("\0" in text[:4], "It looks like UTF-16: save or send it as UTF-8."),
        (comma, "Remove the comma before it."),
        ("{{" in text, 'Fill in templates with render_ncco; a placeholder stands in quotes: "{{name}}".'),
        (rest.startswith(("//", "/*", "#")), "JSON has no comments: remove this one."),
        (text[:1] == "\ufeff", "It begins with a byte order mark, which nobody sees: save it as UTF-8 without one."),
        (unseen_in(here), f"{unseen_in(here)} is there, which nobody sees: take it out, or write an ordinary space."),
        (meant is not None, f"It is Python: write {shown(meant, 200)}, or hand over the list itself."),
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
        value = ast.literal_eval(_ASSIGNED.sub("", text).strip())
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

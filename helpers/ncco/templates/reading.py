"""Mustache read: the tags of a template, and the place of what is malformed.

Why this is not left to pystache: that looks into any Python object, private parts included, takes what a function
returns for another template, stops at the first fault without saying where it is, and does not know which part of an
address or of SSML a value lands in. The tests compare the two where they agree.
Source: the Mustache specification 1.3 (interpolation, comments). What is to be repeated or left out, Python does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...base.errors import KitError
from ..jsontext import LONGEST
from ..problems.problems import shown

# A remark; a name in three braces; a name in two, with its mark. What else begins with {{ is not closed.
_TAG = re.compile(r"(?<!\{)\{\{(?:!(?:[^{}]|\{(?!\{)|\}(?!\}))*|\{([^{}]*)\}|([#^/>&=]?)([^{}]*))\}\}")
# A remark that is alone on its line takes the line with it, as Mustache has it.
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)")
_LIKE = "Write it like {{number}}."
_SECTION = ("it repeats a part or leaves it out, which does not work here", "Make that text in Python, and name it.")
_NOT_HERE = {
    **dict.fromkeys("#^/", _SECTION),
    ">": ("it includes another template, which does not work here", "Render that one first, and pass the text on."),
    "=": ("it changes the braces, which does not work here", "Write {{name}} everywhere."),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """One ``{{…}}``. ``kind`` is ``""``, or ``"{"`` or ``"&"`` (as it is); ``start`` and ``end`` are places in the
    template, counted from 0."""

    kind: str
    name: str
    start: int
    end: int

    @property
    def raw(self) -> bool:
        """True if the value goes in as it is, whatever it goes into."""
        return self.kind in ("{", "&")

    def __str__(self) -> str:
        return written(self.name, self.kind)


@dataclass(frozen=True, slots=True)
class Template:
    """A template as texts and tags."""

    text: str
    nodes: list[str | Tag]

    @property
    def tags(self) -> list[Tag]:
        """The tags alone."""
        return [node for node in self.nodes if isinstance(node, Tag)]

    @property
    def only_tag(self) -> Tag | None:
        """The tag, if the template is one placeholder and nothing else but blanks."""
        left = [node for node in self.nodes if not (isinstance(node, str) and not node.strip())]
        return left[0] if len(left) == 1 and isinstance(left[0], Tag) else None


def written(name: str, kind: str = "", limit: int = 60) -> str:
    """A tag for use in a sentence: cut if it is long, and without line breaks."""
    return _tag_text(shown(name, limit)[1:-1], kind)


def _tag_text(name: str, kind: str) -> str:
    return f"{{{{{{{name}}}}}}}" if kind == "{" else f"{{{{{kind}{name}}}}}"


def rewritten(template: str, name: str, better: str, *, escaped: bool) -> str:
    """The template with another name in its tags of that name; ``escaped``: in two braces, those in three only.

    Raises ``ValueError`` if no such tag stands there, and ``TypeError`` for what is not a text.
    """
    pieces, at = [], 0
    try:
        tags = parse(template).tags
    except CannotFill:
        raise ValueError("it is malformed now") from None
    for tag in tags:
        if tag.name == name and (tag.raw or not escaped):
            pieces += [template[at : tag.start], _tag_text(better, "" if escaped else tag.kind)]
            at = tag.end
    if not pieces:
        raise ValueError("another text stands there")
    return "".join([*pieces, template[at:]])


class CannotFill(KitError):
    """A template that is malformed, or one placeholder that has no value.

    ``message`` goes on from the name of the text it stands in; ``rule`` names the rule, and ``better`` is the name that
    was probably meant.
    """

    rule: str
    better: str

    def __init__(self, message: str, cure: str, rule: str = "unknown-variable", better: str = "") -> None:
        super().__init__(message, cure, rule=rule, better=better)


def parse(template: str) -> Template:
    """The template taken apart, in one pass. Raises :class:`CannotFill` at the first thing that is malformed."""
    if len(template) > LONGEST:
        raise CannotFill(f"has more than {LONGEST:,} characters", "Fill in a part at a time.", "too-large")
    nodes: list[str | Tag] = []
    at = 0
    for found in _TAG.finditer(template):
        triple, kind, name = found.groups()
        before, end = template[at : found.start()], found.end()
        if triple is None and name is None:
            before, end = _without_its_line(template, at, before, end)
        nodes += _literal(before, at)
        at = end
        if triple is not None or name is not None:
            nodes.append(_tag(*(("{", triple) if name is None else (kind, name)), found.span()))
    return Template(template, [*nodes, *_literal(template[at:], at)])


def _without_its_line(text: str, at: int, before: str, end: int) -> tuple[str, int]:
    kept, rest = before.rstrip(" \t"), _REST_OF_LINE.match(text, end)
    start = at + len(kept)
    alone = rest and (start == 0 or text[start - 1] in "\r\n")
    return (kept, rest.end()) if rest and alone else (before, end)


def _literal(text: str, at: int) -> list[str]:
    if (left := text.find("{{")) >= 0:
        raise _malformed("a placeholder is not closed", _LIKE, at + left)
    return [text] if text else []


def _tag(kind: str, name: str, span: tuple[int, int]) -> Tag:
    tag = Tag(kind, name.strip(), *span)
    if kind in _NOT_HERE:
        raise _malformed(*_NOT_HERE[kind], tag.start)
    if not tag.name:
        raise _malformed("a placeholder is empty", _LIKE, tag.start)
    if "" in tag.name.split("."):
        raise _malformed(f"{tag} has a dot too many", "Write it like {{msg.payload}}.", tag.start)
    return tag


def _malformed(said: str, cure: str, start: int) -> CannotFill:
    """The place is counted from 1, as editors do."""
    return CannotFill(f"is malformed at character {start + 1}: {said}", cure, "malformed-template")

"""Mustache read: the tags of a template, the sections they make, and the place of what is malformed.

Why this is not left to pystache: that looks into any Python object, private parts included, takes what a function
returns for another template, stops at the first fault without saying where it is, and does not know which part of an
address or of SSML a value lands in. The tests compare the two where they agree.
Source: the Mustache specification 1.3 (interpolation, sections, inverted sections, comments).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from ...base.errors import KitError
from ..jsontext import LONGEST
from ..problems.problems import shown

#: Sections within sections.
DEEPEST = 50

# A remark; a name in three braces; a name in two, with its mark. What else begins with {{ is not closed.
_TAG = re.compile(r"(?<!\{)\{\{(?:!(?:[^{}]|\{(?!\{)|\}(?!\}))*|\{([^{}]*)\}|([#^/>&=]?)([^{}]*))\}\}")
# A tag of a section, or a remark, that is alone on its line takes the line with it, as Mustache has it.
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)")
_LIKE = "Write it like {{number}}."
_NOT_HERE = {
    ">": ("it includes another template, which does not work here", "Render that one first, and pass the text on."),
    "=": ("it changes the braces, which does not work here", "Write {{name}} everywhere."),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """One ``{{…}}``. ``kind`` is ``""``, ``"{"`` or ``"&"`` (as it is), ``"#"``, ``"^"`` or ``"/"``; ``start`` and
    ``end`` are places in the template, counted from 0; ``number`` counts the tags of the template."""

    kind: str
    name: str
    start: int
    end: int
    number: int

    @property
    def raw(self) -> bool:
        """True if the value goes in as it is, whatever it goes into."""
        return self.kind in ("{", "&")

    def __str__(self) -> str:
        return written(self.name, self.kind)


@dataclass(slots=True)
class Section:
    """What stands between ``{{#x}}`` or ``{{^x}}`` and ``{{/x}}``."""

    tag: Tag
    close: Tag
    body: list[Node] = field(default_factory=list)


Node = str | Tag | Section


@dataclass(slots=True)
class Template:
    """A template as nodes."""

    text: str
    nodes: list[Node] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)

    @property
    def only_tag(self) -> Tag | None:
        """The tag, if the template is one placeholder and nothing else but blanks."""
        left = [node for node in self.nodes if not (isinstance(node, str) and not node.strip())]
        return left[0] if len(left) == 1 and isinstance(left[0], Tag) else None

    @property
    def names(self) -> list[str]:
        """The dotted names in order of appearance, those of sections included, each once."""
        return list(dict.fromkeys(tag.name for tag in self.tags if tag.kind != "/" and tag.name != "."))


def written(name: str, kind: str = "", limit: int = 60) -> str:
    """A tag for use in a sentence: cut if it is long, and without line breaks."""
    return _tag_text(shown(name, limit)[1:-1], kind)


def _tag_text(name: str, kind: str) -> str:
    return f"{{{{{{{name}}}}}}}" if kind == "{" else f"{{{{{kind}{name}}}}}"


def rewritten(template: str, numbers: Collection[int], name: str, better: str, kind: str | None = None) -> str:
    """The template with another name in some of its tags, and with other braces if ``kind`` says so.

    Raises ``ValueError`` if tags of that name do not stand there, and ``TypeError`` for what is not a text.
    """
    pieces, at = [], 0
    try:
        tags = parse(template).tags
    except CannotFill:
        raise ValueError("it is malformed now") from None
    for number, tag in enumerate(tags):
        if number in numbers and tag.name == name:
            pieces += [template[at : tag.start], _tag_text(better, tag.kind if kind is None else kind)]
            at = tag.end
    if len(pieces) != 2 * len(numbers):
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
    return _Reader(template).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.made = Template(text)
        self.open: list[tuple[Tag, list[Node]]] = []  # the tag, and the nodes around it
        self.nodes = self.made.nodes

    def read(self) -> Template:
        text, at = self.made.text, 0
        for found in _TAG.finditer(text):
            triple, kind, name = found.groups()
            before, end = text[at : found.start()], found.end()
            if triple is None and (name is None or kind in ("#", "^", "/")):
                before, end = self._without_its_line(at, before, end)
            self._literal(before, at)
            at = end
            if triple is not None or name is not None:
                self._tag(*(("{", triple) if name is None else (kind, name)), found.span())
        self._literal(text[at:], at)
        if self.open:
            tag = self.open[-1][0]
            raise _malformed(f"the section {tag} is not closed", f"Write {written(tag.name, '/')} where it ends.", tag)
        return self.made

    def _without_its_line(self, at: int, before: str, end: int) -> tuple[str, int]:
        kept, rest = before.rstrip(" \t"), _REST_OF_LINE.match(self.made.text, end)
        start = at + len(kept)
        alone = rest and (start == 0 or self.made.text[start - 1] in "\r\n")
        return (kept, rest.end()) if rest and alone else (before, end)

    def _literal(self, text: str, at: int) -> None:
        if (left := text.find("{{")) >= 0:
            raise _malformed("a placeholder is not closed", _LIKE, at + left)
        if text:
            self.nodes.append(text)

    def _tag(self, kind: str, name: str, span: tuple[int, int]) -> None:
        tag = Tag(kind, name.strip(), *span, len(self.made.tags))
        if kind in _NOT_HERE:
            raise _malformed(*_NOT_HERE[kind], tag)
        if not tag.name:
            raise _malformed("a placeholder is empty", _LIKE, tag)
        if tag.name != "." and "" in tag.name.split("."):
            raise _malformed(f"{tag} has a dot too many", "Write it like {{msg.payload}}.", tag)
        self.made.tags.append(tag)
        if kind in ("#", "^"):
            self._open(tag)
        elif kind == "/":
            self._close(tag)
        else:
            self.nodes.append(tag)

    def _open(self, tag: Tag) -> None:
        if len(self.open) == DEEPEST:
            said = f"it has more than {DEEPEST} sections within each other"
            raise _malformed(said, "Write it with fewer levels.", tag)
        self.open.append((tag, self.nodes))
        self.nodes = []

    def _close(self, tag: Tag) -> None:
        if not self.open:
            cure = f"Write {written(tag.name, '#')} where the section starts, or take it out."
            raise _malformed(f"{tag} closes a section that was not opened", cure, tag)
        opened, around = self.open.pop()
        if opened.name != tag.name:
            cure = f"Write {written(opened.name, '/')} first: sections end in reverse order."
            raise _malformed(f"{tag} stands where {opened} is still open", cure, tag)
        around.append(Section(opened, tag, self.nodes))
        self.nodes = around


def _malformed(said: str, cure: str, place: Tag | int) -> CannotFill:
    """The place is counted from 1, as editors do."""
    start = place if isinstance(place, int) else place.start
    return CannotFill(f"is malformed at character {start + 1}: {said}", cure, "malformed-template")

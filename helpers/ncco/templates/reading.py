"""Mustache read: the tags of a template, the sections they make, and what is malformed, each at its place.

Why this is not left to pystache: that looks into any Python object, private parts included, takes what a function
returns for another template, stops at the first fault without saying where it is, and does not know which part of an
address or of SSML a value lands in. The tests compare the two where they agree.
Source: the Mustache specification 1.3 (interpolation, sections, inverted sections, comments).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from ..jsontext import LONGEST
from ..problems.problems import shown

#: Sections within sections.
DEEPEST = 50
#: Faults that are told of one template.
MOST_FAULTS = 20

# A remark; a name in three braces; a name in two, with its mark. What else begins with {{ is not closed.
_TAG = re.compile(r"(?<!\{)\{\{(?:!(?:[^{}]|\{(?!\{)|\}(?!\}))*|\{([^{}]*)\}|([#^/>&=]?)([^{}]*))\}\}")
# A tag of a section, or a remark, that is alone on its line takes the line with it, as Mustache has it.
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)")
_LIKE = "Write it like {{number}}."
_NOT_HERE = {
    ">": ("includes another template, which does not work here", "Render that one first, and pass the text on."),
    "=": ("changes the braces, which does not work here", "Write {{name}} everywhere."),
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


@dataclass(frozen=True, slots=True)
class Fault:
    """Something malformed. ``message`` names the place, counted from 1 as editors do."""

    message: str
    cure: str
    rule: str = "malformed-template"


@dataclass(slots=True)
class Template:
    """A template as nodes. One with faults cannot be filled in."""

    text: str
    nodes: list[Node] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

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
    for number, tag in enumerate(parse(template).tags):
        if number in numbers and tag.name == name:
            pieces += [template[at : tag.start], _tag_text(better, tag.kind if kind is None else kind)]
            at = tag.end
    if len(pieces) != 2 * len(numbers):
        raise ValueError("another text stands there")
    return "".join([*pieces, template[at:]])


def parse(template: str) -> Template:
    """The template taken apart, in one pass, with its faults."""
    return _Reader(template).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.made = Template(text)
        self.open: list[tuple[Tag, list[Node]]] = []  # the tag, and the nodes around it
        self.nodes = self.made.nodes
        self.in_order = True  # false behind the first section that does not fit: what follows from it is not told

    def read(self) -> Template:
        text, at = self.made.text, 0
        if len(text) > LONGEST:
            self._fault(f"it has more than {LONGEST:,} characters", "Fill in a part at a time.", "too-large")
            return self.made
        for found in _TAG.finditer(text):
            before, end = text[at : found.start()], found.end()
            triple, kind, name = found.groups()
            if (name is None and triple is None) or kind in ("#", "^", "/"):
                before, end = self._without_its_line(at, before, end)
            self._literal(before, at)
            at = end
            if name is not None or triple is not None:
                self._tag("{" if name is None else kind, (triple if name is None else name).strip(), found.span())
        self._literal(text[at:], at)
        if self.open and self.in_order:
            tag = self.open[-1][0]
            cure = f"Write {written(tag.name, '/')} where it ends."
            self._fault(f"the section {tag} at {_place(tag.start)} is not closed", cure)
        return self.made

    def _without_its_line(self, at: int, before: str, end: int) -> tuple[str, int]:
        kept, rest = before.rstrip(" \t"), _REST_OF_LINE.match(self.made.text, end)
        start = at + len(kept)
        alone = rest and (start == 0 or self.made.text[start - 1] in "\r\n")
        return (kept, rest.end()) if rest and alone else (before, end)

    def _literal(self, text: str, at: int) -> None:
        if (left := text.find("{{")) >= 0:
            self._fault(f"the placeholder at {_place(at + left)} is not closed", _LIKE)
        if text:
            self.nodes.append(text)

    def _tag(self, kind: str, name: str, span: tuple[int, int]) -> None:
        wrong = _NOT_HERE.get(kind) or (("is empty", _LIKE) if not name else None)
        if name != "." and "" in name.split(".") and name:
            wrong = wrong or ("has a dot too many", "Write it like {{msg.payload}}.")
        if wrong:
            self._fault(f"the placeholder at {_place(span[0])} {wrong[0]}", wrong[1])
            return
        tag = Tag(kind, name, *span, len(self.made.tags))
        self.made.tags.append(tag)
        if kind in ("#", "^"):
            self._open(tag)
        elif kind == "/":
            self._close(tag)
        else:
            self.nodes.append(tag)

    def _open(self, tag: Tag) -> None:
        if len(self.open) == DEEPEST and self.in_order:
            self._fault(f"it has more than {DEEPEST} sections within each other", "Write it with fewer levels.")
            self.in_order = False
        self.open.append((tag, self.nodes))
        self.nodes = []

    def _close(self, tag: Tag) -> None:
        if self.open and self.open[-1][0].name == tag.name:
            opened, around = self.open.pop()
            around.append(Section(opened, tag, self.nodes))
            self.nodes = around
            return
        here, last = f"{tag} at {_place(tag.start)}", self.open[-1][0] if self.open else None
        if self.in_order and last is None:
            cure = f"Write {written(tag.name, '#')} where the section starts, or take it out."
            self._fault(f"{here} closes a section that was not opened", cure)
        elif self.in_order and last is not None:
            cure = f"Write {written(last.name, '/')} first: sections end in reverse order."
            self._fault(f"{here} stands where {last} of {_place(last.start)} is still open", cure)
        self.in_order = False

    def _fault(self, said: str, cure: str, rule: str = "malformed-template") -> None:
        if len(self.made.faults) < MOST_FAULTS:
            self.made.faults.append(Fault(said, cure, rule))


def _place(index: int) -> str:
    return f"character {index + 1}"

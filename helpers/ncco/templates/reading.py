"""Mustache read: the tags of a template, the sections they make, and everything that is malformed, each at its place.

Why this is not left to pystache: that looks into any Python object, private parts included, takes what a function
returns for another template, copies all variables that are no dict, stops at the first fault without saying where it
is, and does not know which part of an address or of SSML a value lands in. The tests compare the two where they agree.
Source: the Mustache specification 1.3 (interpolation, sections, inverted sections, comments).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..problems.problems import shown

#: A text with more tags is no template that a person wrote; nothing behind them is read.
MOST_TAGS = 50_000
#: Sections within sections.
DEEPEST = 50
#: Faults that are told of one template.
MOST_FAULTS = 20

_BLANK = " \t"
_KINDS = "#^/!>&="


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
    body: list[Node] = field(default_factory=list)
    close: Tag | None = None


Node = str | Tag | Section


@dataclass(frozen=True, slots=True)
class Fault:
    """Something malformed. ``message`` names the place, counted from 1 as editors do."""

    message: str
    cure: str
    rule: str = "malformed-template"


@dataclass(slots=True)
class Parsed:
    """A template as nodes. ``broken``: its sections do not fit together, so it cannot be filled in at all."""

    text: str
    nodes: list[Node] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    broken: bool = False

    @property
    def only_tag(self) -> Tag | None:
        """The tag, if the template is one placeholder and nothing else but blanks."""
        left = [node for node in self.nodes if not (isinstance(node, str) and not node.strip())]
        return left[0] if len(left) == 1 and isinstance(left[0], Tag) else None

    @property
    def names(self) -> list[str]:
        """The dotted names in order of appearance, those of sections included, each once."""
        return list(dict.fromkeys(tag.name for tag in self.tags if tag.kind != "/" and tag.name != "."))

    def partner(self, number: int) -> int | None:
        """The tag that closes the section which this one opens, by number."""
        sections = [node for node in self.nodes if isinstance(node, Section)]
        while sections:
            one = sections.pop()
            if one.tag.number == number:
                return one.close.number if one.close else None
            sections += [node for node in one.body if isinstance(node, Section)]
        return None


def tag_text(kind: str, name: str) -> str:
    """A tag as it stands in a template."""
    return f"{{{{{{{name}}}}}}}" if kind == "{" else f"{{{{{kind}{name}}}}}"


def written(name: str, kind: str = "", limit: int = 60) -> str:
    """The same for use in a sentence: cut if it is long, and without line breaks."""
    return tag_text(kind, shown(name, limit)[1:-1])


def has_tags(text: str) -> bool:
    """True if there is anything in the text for a template to do."""
    return "{{" in text


def parse(template: str) -> Parsed:
    """The template taken apart, in one pass, with all its faults."""
    return _Reader(template).read()


def rewritten(template: str, numbers: Iterable[int], change: Callable[[Tag], str]) -> str:
    """The template with some of its tags written anew; ``numbers`` says which."""
    tags, pieces, at = parse(template).tags, [], 0
    for number in sorted(set(numbers)):
        tag = tags[number]
        pieces += [template[at : tag.start], change(tag)]
        at = tag.end
    return "".join([*pieces, template[at:]])


class _Reader:
    def __init__(self, template: str) -> None:
        self.text = template
        self.parsed = Parsed(template)
        self.open: list[Section] = []
        self.forgiven: list[str] = []  # sections that a fault has closed already: their own {{/x}} is no second fault
        self._close = -1

    def read(self) -> Parsed:
        text, at = self.text, 0
        while (start := text.find("{{", at)) >= 0:
            if len(self.parsed.tags) >= MOST_TAGS:
                self._stop(f"it has more than {MOST_TAGS:,} placeholders", "Fill in a part at a time.", "too-large")
                break
            if len(self.parsed.faults) >= MOST_FAULTS:
                break
            triple = text.startswith("{{{", start)
            inside = start + 3 if triple else start + 2
            close = self._closing(inside)
            comment = text.startswith("!", inside) and not triple
            again = -1 if comment else text.find("{{", inside, close if close >= 0 else len(text))
            if close < 0 or again >= 0:
                self._literal(text[at : again if again >= 0 else start])
                self._fault(f"the placeholder at {_place(start)} is not closed", "Write it like {{number}}.")
                if close < 0:
                    at = start
                    break
                at = again
                continue
            at = self._tag(at, start, inside, close, triple)
        self._literal(text[at:])
        for section in self.open:
            self._fault(
                f"the section {section.tag} at {_place(section.tag.start)} is not closed",
                f"Write {written(section.tag.name, '/')} where it ends.",
                broken=True,
            )
        return self.parsed

    def _closing(self, inside: int) -> int:
        # Looked for once, not once for each tag: a text of nothing but {{ has to be read in one go, too.
        if self._close < inside and self._close != len(self.text):
            found = self.text.find("}}", inside)
            self._close = found if found >= 0 else len(self.text)
        return self._close if self._close < len(self.text) else -1

    def _tag(self, at: int, start: int, inside: int, close: int, triple: bool) -> int:
        """Take in the tag from ``start`` on; the result is where to read on."""
        text, end = self.text, close + (3 if triple else 2)
        kind = "{" if triple else text[inside] if text[inside] in _KINDS else ""
        name = text[inside + (1 if kind and not triple else 0) : close].strip()
        if triple and not text.startswith("}}}", close):
            self._literal(text[at:end])
            said = f"the placeholder at {_place(start)} is opened with three braces and closed with two"
            self._fault(said, "Write {{{name}}} or {{name}}.")
            return close + 2
        if kind == "!":
            return self._without_its_line(at, start, end)
        cure = self._wrong(kind, name)
        if cure:
            self._literal(text[at:end])
            self._fault(f"the placeholder at {_place(start)} {cure[0]}", cure[1])
            return end
        tag = Tag(kind, name, start, end, len(self.parsed.tags))
        self.parsed.tags.append(tag)
        if kind in ("", "{", "&"):
            self._literal(text[at:start])
            self._nodes.append(tag)
            return end
        after = self._without_its_line(at, start, end)
        if kind == "/":
            self._close_section(tag)
        else:
            self._open_section(tag)
        return after

    def _wrong(self, kind: str, name: str) -> tuple[str, str] | None:
        if kind == ">":
            return (
                "includes another template, which does not work here",
                "Render that one first, and pass the text on as a variable.",
            )
        if kind == "=":
            return "changes the braces, which does not work here", "Write {{name}} everywhere."
        if not name:
            return "is empty", "Write it like {{number}}."
        if "{" in name or "}" in name:
            return "has a brace in its name", "Write it like {{number}}."
        if name != "." and "" in name.split("."):
            return "has a dot too many", "Write it like {{msg.payload}}."
        return None

    def _open_section(self, tag: Tag) -> None:
        section = Section(tag)
        if len(self.open) >= DEEPEST:
            self._stop(f"it has more than {DEEPEST} sections within each other", "Write it with fewer levels.")
        else:
            self._nodes.append(section)
            self.open.append(section)

    def _close_section(self, tag: Tag) -> None:
        if self.open and self.open[-1].tag.name == tag.name:
            self.open.pop().close = tag
            return
        if tag.name in self.forgiven:
            self.forgiven.remove(tag.name)
            return
        here = f"{tag} at {_place(tag.start)}"
        if not self.open:
            opens = f"Write {written(tag.name, '#')} where the section starts, or take it out."
            self._fault(f"{here} closes a section that was not opened", opens, broken=True)
            return
        last = self.open[-1].tag
        cure = f"Write {written(last.name, '/')} first: sections end in reverse order."
        self._fault(f"{here} stands where {last} of {_place(last.start)} is still open", cure, broken=True)
        names = [section.tag.name for section in self.open]
        inner = len(names) - 1 - names[::-1].index(tag.name) if tag.name in names else len(names) - 1
        self.forgiven += [name for name in names[inner:] if name != tag.name]
        del self.open[inner:]

    def _without_its_line(self, at: int, start: int, end: int) -> int:
        """A section tag or a comment alone on a line takes the line with it, as Mustache has it."""
        text = self.text
        line = start
        while line > at and text[line - 1] in _BLANK:
            line -= 1
        after = end
        while after < len(text) and text[after] in _BLANK:
            after += 1
        alone = (line == 0 or text[line - 1] in "\r\n") and (after == len(text) or text[after] in "\r\n")
        if not alone:
            self._literal(text[at:start])
            return end
        self._literal(text[at:line])
        return after + (2 if text.startswith("\r\n", after) else 1 if after < len(text) else 0)

    @property
    def _nodes(self) -> list[Node]:
        return self.open[-1].body if self.open else self.parsed.nodes

    def _literal(self, text: str) -> None:
        if text:
            self._nodes.append(text)

    def _fault(self, said: str, cure: str, rule: str = "malformed-template", *, broken: bool = False) -> None:
        self.parsed.broken |= broken
        if len(self.parsed.faults) < MOST_FAULTS:
            self.parsed.faults.append(Fault(said, cure, rule))

    def _stop(self, said: str, cure: str, rule: str = "malformed-template") -> None:
        if not any(fault.message == said for fault in self.parsed.faults):
            self._fault(said, cure, rule, broken=True)


def _place(index: int) -> str:
    return f"character {index + 1}"

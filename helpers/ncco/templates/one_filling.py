"""One template filled in: what each placeholder became and where, and everything that is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from typing import Any

from .places import Place
from .reading import Node, Parsed, Section, Tag
from .values import CannotFill, as_text, is_list, look_up

#: Look-ups and characters for all templates of one NCCO; a list in a list in a list could go on for hours.
MOST_LOOK_UPS = 200_000
MOST_CHARACTERS = 10_000_000
#: Placeholders that are remembered for a preview.
MOST_USES = 1000


@dataclass(frozen=True)
class Use:
    """What became of one placeholder. ``said`` tells how its value was escaped; ``""`` for an unknown one."""

    tag: str
    value: str
    written: str
    said: str


@dataclass
class Budget:
    """What may still be done; shared by the templates of one NCCO."""

    look_ups: int = MOST_LOOK_UPS
    characters: int = MOST_CHARACTERS

    def take(self, look_ups: int, characters: int) -> None:
        """Raises :class:`CannotFill` when it is used up."""
        self.look_ups -= look_ups
        self.characters -= characters
        if self.look_ups < 0 or self.characters < 0:
            said = f"asks for more than {MOST_LOOK_UPS:,} values or {MOST_CHARACTERS:,} characters"
            raise CannotFill(said, "Use shorter lists, or fewer sections within each other.", "too-large")


@dataclass
class Missing:
    """The placeholders that cannot be filled in for the same reason; ``numbers`` are those of the tags."""

    why: CannotFill
    tag: Tag
    numbers: list[int]


@dataclass
class Filling:
    """Fills in one template. ``strict``: the first placeholder without a value raises; else it stays as it stands.

    ``uses``, if there is such a list, is told what became of each placeholder.
    """

    parsed: Parsed
    place: Place
    budget: Budget = field(default_factory=Budget)
    strict: bool = False
    uses: list[Use] | None = None
    missing: dict[tuple[str, str], Missing] = field(default_factory=dict)
    #: Unescaped values where they can break what stands around them: rule -> tags.
    risks: dict[str, list[Tag]] = field(default_factory=dict)
    _said: dict[int, CannotFill] = field(default_factory=dict)

    def run(self, variables: Any) -> str:
        """The text with everything filled in that can be."""
        return "".join(self._nodes(self.parsed.nodes, [variables]))

    def value(self, tag: Tag, variables: Any) -> Any:
        """The value of one placeholder as it is, or ``None``, when it goes in with its type."""
        self.budget.take(1, 0)
        try:
            return look_up(tag.name, [variables])
        except CannotFill as problem:
            self._miss(tag, problem)
            return None

    def note(self, tag: Tag, value: Any, written: Any, said: str, at: int | None = None) -> None:
        """Remember what became of a placeholder; ``at`` is its place among the others, the last one unless given."""
        if self.uses is not None and len(self.uses) < MOST_USES:
            use = Use(str(tag), _shown(value), _shown(written), said)
            self.uses.insert(len(self.uses) if at is None else at, use)

    def _nodes(self, nodes: list[Node], contexts: list[Any]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, str):
                self.budget.take(0, len(node))
                self.place.literal(node)
                yield node
            elif isinstance(node, Section):
                yield from self._section(node, contexts)
            else:
                yield self._tag(node, contexts)

    def _tag(self, tag: Tag, contexts: list[Any]) -> str:
        self.budget.take(1, 0)
        place, text = self.place, self.parsed.text
        risk = place.risk if tag.raw else ""
        if risk:
            tags = self.risks.setdefault(risk, [])
            if tag not in tags[-1:] and len(tags) < MOST_USES:
                tags.append(tag)
        try:
            value = self._look_up(tag, contexts)
            done = place.raw(value, tag.name) if tag.raw else place.value(value, tag.name, text[tag.end : tag.end + 1])
            self.budget.take(0, len(done))
        except CannotFill as problem:
            return self._miss(tag, problem)
        self.note(tag, value, done, "as it is, because of its braces" if tag.raw else place.said)
        return done

    def _section(self, section: Section, contexts: list[Any]) -> Iterator[str]:
        tag = section.tag
        self.budget.take(1, 0)
        try:
            value = self._look_up(tag, contexts)
            holds = _holds(value, tag)
        except CannotFill as problem:
            self._miss(tag, problem)
            yield self.parsed.text[tag.start : section.close.end if section.close else tag.end]
            return
        if tag.kind == "^":
            self.note(tag, value, "left out" if holds else "written", "a section for what is empty or false")
            if not holds:
                yield from self._nodes(section.body, contexts)
            return
        times, before = 0, len(self.uses or ())
        for item in _items(value, tag) if holds else ():
            self.budget.take(1, 0)
            times += 1
            yield from self._nodes(section.body, [*contexts, item])
        words = {0: "left out", 1: "written once"}.get(times, f"written {times} times")
        self.note(tag, value, words, "a section", before)

    def _look_up(self, tag: Tag, contexts: list[Any]) -> Any:
        known = self._said.get(tag.number)
        # Said once is enough, in a list of thousands, too; and the search for the nearest name takes its time.
        if known is not None:
            try:
                return look_up(tag.name, contexts, brief=True)
            except CannotFill:
                raise known from None
        return look_up(tag.name, contexts)

    def _miss(self, tag: Tag, problem: CannotFill) -> str:
        if self.strict or problem.rule == "too-large":
            raise problem
        if tag.number not in self._said:
            self._said[tag.number] = problem
            same = self.missing.setdefault((tag.name, problem.message + problem.cure), Missing(problem, tag, []))
            same.numbers.append(tag.number)
            if self.uses is not None and len(self.uses) < MOST_USES:
                self.uses.append(Use(str(tag), "", "", ""))
        return self.parsed.text[tag.start : tag.end]


def _holds(value: Any, tag: Tag) -> bool:
    try:
        return bool(value)
    except Exception:  # it is the reader's own object
        said = f"names {tag}, which is neither true nor false"
        raise CannotFill(said, "Use true, false, a list or a text.", "no-json-value") from None


def _items(value: Any, tag: Tag) -> Iterator[Any]:
    """What a section is written for: the parts of a list one by one, anything else once."""
    if not is_list(value):
        yield value
        return
    try:
        yield from value
    except CannotFill:
        raise
    except Exception:  # it is the reader's own list
        said = f"names {tag}, a list that cannot be gone through"
        raise CannotFill(said, "Use an ordinary list.", "no-json-value") from None


def _shown(value: Any) -> str:
    """A value for a table: short, and never an error."""
    if is_list(value) and not (isinstance(value, Sized) and len(value) <= 20):
        return f"a list of {len(value)}" if isinstance(value, Sized) else "a list"
    try:
        return as_text(value)[:300]
    except CannotFill:
        return f"a Python {type(value).__name__}"

"""The templates of one NCCO, filled in one after the other: which text is of what kind, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..data import Path, holder_of
from ..problems.fixes import Fix
from ..problems.problems import MOST_PROBLEMS, Problem, advice, error, shown
from .one_filling import Budget, Filling, Use
from .places import Address, Place, Spoken
from .reading import Parsed, Tag, parse, rewritten, tag_text, written
from .values import CannotFill, is_list, plain
from .walk import Spot

#: Before and after of that many texts are remembered for a preview.
MOST_TEXTS = 1000

_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?", re.ASCII)
_WEB = re.compile(r"(https?|wss?)://")
_FLAGS = {"true": True, "false": False}
_HOLDERS = ("urls", "choices", "list", "variants", "parts", "object", "actions")


@dataclass(frozen=True)
class Finding:
    """Something wrong with one text. ``message`` goes on from ``where``: "text of talk" "names {{x}}, which …"."""

    action: int | None
    field: str
    where: str
    message: str
    cure: str
    rule: str
    template: str
    fix: Fix | None = None

    @property
    def problem(self) -> Problem:
        """The same for a list of problems."""
        make = advice if self.rule.startswith("raw-") else error
        said = f"{self.where} {self.message}.".strip()
        return make(self.field, said, self.cure, rule=self.rule, fix=self.fix).at(self.action)


@dataclass(frozen=True)
class Filled:
    """One text before and after; ``uses`` tells what became of each placeholder."""

    action: int | None
    field: str
    before: str
    after: Any
    uses: tuple[Use, ...]


@dataclass
class Job:
    """Fills in one text after the other. ``on_error``, if given, is told of an error at once (and may raise)."""

    variables: Any
    on_error: Callable[[Finding], None] | None = None
    watch: bool = False
    problems: list[Problem] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    _budget: Budget = field(default_factory=Budget)
    _action: int | None = None
    _name: str = ""
    _is_used_up: bool = False

    def start(self, action: int | None, name: Any) -> None:
        """What follows belongs to this action; ``None`` for the parameters of a call."""
        self._action, self._name = action, shown(name, 40)[1:-1] if isinstance(name, str) else ""

    def text(self, template: str, spot: Spot) -> Any:
        """What becomes of one text: a text, or a value of another type where the option takes one."""
        if self._is_used_up:
            return template
        parsed = parse(template)
        for fault in parsed.faults:
            self._find(spot, template, f"is malformed: {fault.message}", fault.cure, fault.rule)
        if parsed.broken:
            self._remember(spot, template, template, None)
            return template
        filling = Filling(parsed, _place(spot, template), self._budget, self.on_error is not None)
        filling.uses = [] if self.watch else None
        try:
            made = self._made(filling, parsed, spot)
        except CannotFill as problem:
            self._is_used_up = problem.rule == "too-large"
            self._find(spot, template, problem.message, problem.cure, problem.rule)
            return template
        self._tell(filling, parsed, spot)
        if spot.beside and made != template and not parsed.faults and any(made in one for one in spot.beside):
            cure = "Give one of the two another name."
            self._find(spot, template, f"becomes {shown(made)}, a name that is taken", cure, "malformed-template")
            return template
        made = template if parsed.faults else made
        self._remember(spot, template, made, filling.uses)
        return made

    def too_large(self) -> None:
        """This action has too many parts to be filled in."""
        if not self._is_used_up:
            self._find(Spot((), None), "", "has too many parts to be filled in", "Send fewer.", "too-large")

    def _remember(self, spot: Spot, before: str, after: Any, uses: list[Use] | None) -> None:
        if self.watch and len(self.filled) < MOST_TEXTS:
            self.filled.append(Filled(self._action, _field(spot.path), before, after, tuple(uses or ())))

    def _made(self, filling: Filling, parsed: Parsed, spot: Spot) -> Any:
        kind = "text" if spot.beside else spot.option.kind if spot.option else "free"
        tag = parsed.only_tag
        if tag is None or kind in ("text", "choice", "url"):
            return _typed(filling.run(self.variables), kind)
        value = filling.value(tag, self.variables)
        if filling.missing:
            return parsed.text
        holds = is_list(value) or isinstance(value, Mapping)
        if kind in _HOLDERS and (spot.in_list or not holds):
            made: Any = filling.place.value(value, tag.name, "")
            said = filling.place.said
        else:
            made, said = _typed(plain(value, tag.name), kind), "a value of its own: with its type"
        filling.note(tag, value, made, said)
        return made

    def _tell(self, filling: Filling, parsed: Parsed, spot: Spot) -> None:
        for missing in filling.missing.values():
            why, better = missing.why, missing.why.better
            fix = None
            if better and self._action is not None and not spot.beside:
                numbers = [*missing.numbers, *(parsed.partner(one) for one in missing.numbers)]
                fix = _rename(spot.path, missing.tag.name, [n for n in numbers if n is not None], better)
            self._find(spot, parsed.text, why.message, why.cure, why.rule, fix)
        for rule, tags in filling.risks.items():
            self._advise(spot, parsed.text, rule, tags)

    def _advise(self, spot: Spot, template: str, rule: str, tags: list[Tag]) -> None:
        for name in dict.fromkeys(tag.name for tag in tags):
            what = "SSML" if rule == "raw-in-ssml" else "an address"
            said = f"puts {written(name, '{')} into {what} as it is"
            better = written(name)
            numbers = list(dict.fromkeys(tag.number for tag in tags if tag.name == name))
            fix = _rename(spot.path, name, numbers, name, kind="") if self._action is not None else None
            cure = f"Write {better}, so that it is escaped, unless it is escaped already."
            self._find(spot, template, said, cure, rule, fix)

    def _find(self, spot: Spot, template: str, message: str, cure: str, rule: str, fix: Fix | None = None) -> None:
        name = _field(spot.path)
        where = " of ".join(part for part in (shown(name, 80)[1:-1], self._name) if part)
        finding = Finding(self._action, name, where, message, cure, rule, template, fix)
        if self.on_error is not None and not rule.startswith("raw-"):
            self.on_error(finding)
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(finding.problem)


def _place(spot: Spot, template: str) -> Place:
    option = spot.option
    if spot.beside:
        return Place()
    if option is None:
        return Address(template) if _WEB.match(template) else Place()
    if option.kind in ("url", "urls") or option.name == "uri":
        return Address(template)
    return Spoken() if option.kind == "text" else Place()


def _field(path: Path) -> str:
    return ".".join(str(step) for step in path if not isinstance(step, int))


def _typed(value: Any, kind: str) -> Any:
    """In the place of a number or a flag a text that spells one is one: Node-RED has only texts in its fields."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if kind == "flag":
        return _FLAGS.get(text, value)
    if kind not in ("number", "whole number") or not _NUMBER.fullmatch(text):
        return value
    return float(text) if "." in text else int(text)


def _rename(path: Path, name: str, numbers: list[int], better: str, kind: str | None = None) -> Fix:
    """Write another name into some placeholders of a text, and other braces if ``kind`` says so."""

    def change(item: Any) -> Any:
        holder = holder_of(item, path)
        text = holder[path[-1]]
        tags = parse(text).tags
        if any(number >= len(tags) or tags[number].name != name for number in numbers):
            raise ValueError("another text stands there")
        holder[path[-1]] = rewritten(text, numbers, lambda tag: tag_text(tag.kind if kind is None else kind, better))
        return item

    return Fix(f"Write {written(better, limit=40)}", change)

"""The templates of one NCCO, or of a call, filled in one after the other; and what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..data import Path, bare, field_of, holder_of, texts_in
from ..jsontext import LONGEST
from ..models.actions import ACTIONS, known_action
from ..models.ssml import is_ssml
from ..models.tidying import number_in
from ..problems.fixes import Fix
from ..problems.problems import MOST_PROBLEMS, Problem, advice, error, shown
from ..schema import Named, Option, named_options
from .escapes import ESCAPES, RISKS, Landing
from .reading import CannotFill, Tag, Template, parse, rewritten, written
from .values import NOTHING, as_json, as_text, look_up, unknown

_WEB = re.compile(r"(https?|wss?)://")
_FLAGS = {"true": True, "false": False}
# Where a value goes in with its type; a list or an object does so wherever one fits.
_OWN_TYPE = ("free", "flag", "number", "whole number")


#: What became of a placeholder: the tag, its value, what is written for it, and how it was escaped; ``""`` if unknown.
Use = tuple[str, str, str, str]
#: A text: the position of its action, its option, before, after, and what became of its placeholders.
Filled = tuple[int | None, str, str, Any, list[Use]]


@dataclass(frozen=True)
class Spot:
    """Where a text stands: its path in the action, and the option it belongs to (``None`` for free JSON).

    ``in_list``: it is an entry of the option's list.
    """

    path: Path
    option: Option | None = None
    in_list: bool = False

    @property
    def kind(self) -> str:
        """What kind of value belongs there."""
        return self.option.kind if self.option else "free"

    def landing(self, template: str) -> Landing:
        """How the values of a template are escaped there."""
        is_address = self.option and (self.option.kind in ("url", "urls") or self.option.name == "uri")
        if is_address or (self.kind == "free" and _WEB.match(template)):
            return Landing("start", template)
        own = re.sub(r"\{\{![^{}]*\}\}", "", template)  # a remark in front does not count
        return Landing("ssml" if self.option and self.kind == "text" and is_ssml(own) else "text")


@dataclass
class Job:
    """Fills in one text after the other. ``watch`` remembers what became of each placeholder."""

    variables: Any
    watch: bool = False
    name: str = ""  # of what the texts stand in: the action
    problems: list[Problem] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    #: The text of each problem.
    texts: list[str] = field(default_factory=list)
    left: int = LONGEST  # characters that may still be written
    _action: int | None = None

    def action(self, index: int, item: Any) -> Any:
        """An action filled in: a copy."""
        name = item.get("action") if isinstance(item, dict) else None
        self._action, self.name = index, shown(name, 40)[1:-1] if isinstance(name, str) else ""
        return self._object(item, _options_of(item), ()) if isinstance(item, dict) else self._value(item, Spot(()))

    def call(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a call filled in: a copy."""
        self._action, self.name = None, ""
        return self._object(parameters, options_of_a_call(), ())

    def _object(self, held: Mapping[Any, Any], options: Named, path: Path) -> dict[Any, Any]:
        return {name: self._value(one, Spot((*path, name), options.get(name))) for name, one in held.items()}

    def _value(self, value: Any, spot: Spot) -> Any:
        value = bare(value)
        if isinstance(value, str):
            return self.text(value, spot) if "{{" in value else value
        if isinstance(value, (list, tuple)):
            parts = (Spot((*spot.path, place), spot.option, in_list=True) for place in range(len(value)))
            return [self._value(one, part) for one, part in zip(value, parts, strict=True)]
        return self._object(value, _inside(spot.option, value), spot.path) if isinstance(value, dict) else value

    def text(self, template: str, spot: Spot, landing: Landing | None = None) -> Any:
        """What becomes of one text: a text, or a value of another type where the option takes one."""
        made, uses = template, list[Use]()
        try:
            if self.left >= 0:
                run = Run(self, parse(template), landing or spot.landing(template), uses)
                made = self._made(run, spot)
                self._tell(run, spot)
        except CannotFill as problem:
            self.find(spot, template, problem.message, problem.cure, problem.rule)
        if self.watch:
            self.filled.append((self._action, field_of(spot.path), template, made, uses))
        return made

    def _made(self, run: Run, spot: Spot) -> Any:
        tag, kind = run.template.only_tag, spot.kind
        value = look_up(tag.name, self.variables) if tag else NOTHING
        fits = isinstance(value, (Mapping, list, tuple)) and not spot.in_list and kind not in ("text", "choice", "url")
        if tag is None or value is NOTHING or not (fits or kind in _OWN_TYPE):
            return _typed(run.text(), kind)
        made = _typed(json.loads(as_json(value, tag.name)), kind)
        run.note(tag, value, made, "a value of its own: with its type")
        return made

    def _tell(self, run: Run, spot: Spot) -> None:
        """What a text could not be given, and where three braces can break something."""
        text, fixable = run.template.text, self._action is not None
        for name, why in run.missing.items():
            fix = _rename(spot.path, name, why.better, escaped=False) if why.better and fixable else None
            self.find(spot, text, why.message, why.cure, why.rule, fix)
        for rule, name in run.risks:
            where = "SSML" if rule == "raw-in-ssml" else "an address"
            cure = f"Write {written(name)}, so that it is escaped, unless it is escaped already."
            fix = _rename(spot.path, name, name, escaped=True) if fixable else None
            self.find(spot, text, f"puts {written(name, '{')} into {where} as it is", cure, rule, fix)

    def find(self, spot: Spot, text: str, said: str, cure: str, rule: str, fix: Fix | None = None) -> None:
        """Remember what is wrong with a text; what is ``said`` goes on from its place: "text of talk" "names …"."""
        name = field_of(spot.path)
        where = " of ".join(part for part in (shown(name, 80)[1:-1], self.name) if part)
        make = advice if rule in RISKS.values() else error
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(make(name, f"{where} {said}.".strip(), cure, rule=rule, fix=fix).at(self._action))
            self.texts.append(text)


@dataclass
class Run:
    """One template filled in: what each placeholder became, and everything that is missing."""

    job: Job
    template: Template
    landing: Landing
    uses: list[Use]
    #: Why, for each name.
    missing: dict[str, CannotFill] = field(default_factory=dict)
    #: Unescaped values where they can break what stands around them: rule and name.
    risks: dict[tuple[str, str], None] = field(default_factory=dict)

    def text(self) -> str:
        """The text with everything filled in that can be."""
        return "".join(self._wrote(one) if isinstance(one, str) else self._tag(one) for one in self.template.nodes)

    def note(self, tag: Tag, value: Any, becomes: Any, said: str) -> None:
        """Remember what became of a placeholder."""
        if self.job.watch:
            self.uses.append((str(tag), _brief(value), _brief(becomes), said))

    def _wrote(self, text: str) -> str:
        self.job.left -= len(text)
        if self.job.left < 0:
            raise CannotFill(f"asks for more than {LONGEST:,} characters", "Fill in shorter values.", "too-large")
        self.landing.wrote(text)
        return text

    def _tag(self, tag: Tag) -> str:
        if tag.raw and (risk := RISKS.get(self.landing.zone)):
            self.risks[risk, tag.name] = None
        value = look_up(tag.name, self.job.variables)
        if value is NOTHING:  # what stands there stays
            if tag.name not in self.missing:  # in a text of thousands the nearest name is looked for once
                self.missing[tag.name] = unknown(tag.name, self.job.variables)
            self.note(tag, None, "", "")
            return self._wrote(self.template.text[tag.start : tag.end])
        text = as_text(value, tag.name)
        said, escaped = ESCAPES[self.landing.zone_of(text)]
        done = self._wrote(text if tag.raw else escaped(text))
        self.note(tag, value, done, "as it is, because of its braces" if tag.raw else said)
        return done


def fill_in(
    items: list[Any], variables: Mapping[str, Any], skip: Collection[int] = ()
) -> tuple[list[Any], dict[int, list[Problem]]]:
    """The items with their templates filled in, and the problems of those where it cannot be done, by position."""
    job, made, found = Job(variables), list(items), dict[int, list[Problem]]()
    for index, item in enumerate(items):
        told = len(job.problems)
        if index in skip or not any("{{" in text for text in texts_in(item)):
            continue
        try:
            made[index] = job.action(index, item)
        except Exception as problem:  # the variables are the reader's own objects, and may raise anything
            said = f"The variables cannot be read: {type(problem).__name__}."
            cure = "Use a dict of texts, numbers, lists and dicts."
            job.problems.append(error("", said, cure, rule="unknown-variable"))
        if job.problems[told:]:
            found[index] = job.problems[told:]
    return made, found


def _typed(value: Any, kind: str) -> Any:
    """In the place of a number or a flag a text that spells one is one: Node-RED has only texts in its fields."""
    if not isinstance(value, str) or kind not in ("flag", "number", "whole number"):
        return value
    made = _FLAGS.get(value.strip()) if kind == "flag" else number_in(value)
    return value if made is None else made


def _rename(path: Path, name: str, better: str, *, escaped: bool) -> Fix:
    """Write another name into the placeholders of that name in a text; see :func:`rewritten`."""

    def change(item: Any) -> Any:
        holder = holder_of(item, path)
        holder[path[-1]] = rewritten(holder[path[-1]], name, better, escaped=escaped)
        return item

    return Fix(f"Write {written(better, limit=40)}", change)


def _brief(value: Any) -> str:
    """A value for a table: short, and never an error."""
    if isinstance(value, (list, tuple)) and len(value) > 20:
        return f"a list of {len(value)}"
    try:
        return as_text(value)[:300]
    except CannotFill:
        return f"a Python {type(value).__name__}"


def _options_of(item: Mapping[Any, Any]) -> Named:
    """The options of an action by name; none if there is no such action."""
    name = known_action(item)
    return named_options(ACTIONS[name]) if name else {}


def _inside(option: Option | None, value: dict[Any, Any]) -> Named:
    """The options of the object that an option holds."""
    if option is None or option.kind == "actions":
        return _options_of(value) if option else {}
    any_type = {name: one for kind in option.variants for name, one in option.inside(kind).items()}
    return option.inside(value.get("type")) or any_type if option.variants else option.inside()


@lru_cache(maxsize=1)
def options_of_a_call() -> Named:
    """What ``POST /v1/calls`` and ``create_call`` take. Source: Voice API OpenAPI 1.10."""
    endpoint = named_options(ACTIONS["connect"])["endpoint"]
    caller = {"parts": endpoint.variants["phone"]}
    detection = (plain_option("behavior"), plain_option("mode"), plain_option("beep_timeout", "whole number"))
    fields = (
        plain_option("to", "variants", variants=endpoint.variants),
        *(plain_option(name, "parts", **caller) for name in ("from", "from_")),
        plain_option("ncco", "actions"),
        *(plain_option(name, "urls") for name in ("answer_url", "event_url")),
        *(plain_option(name) for name in ("answer_method", "event_method", "machine_detection")),
        *(plain_option(name, "whole number") for name in ("ringing_timer", "length_timer")),
        plain_option("random_from_number", "flag"),
        plain_option("advanced_machine_detection", "parts", parts=detection),
    )
    return {option.name: option for option in (*fields, plain_option("body", "parts", parts=fields))}


def plain_option(name: str, kind: str = "text", **more: Any) -> Option:
    """An option that no model has."""
    return Option(name=name, kind=kind, expected="", help="", **more)

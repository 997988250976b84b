"""What a model says about its options, in one flat shape: the form, the help, the messages and the tables read this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class Option:
    """One option of an action or of a part of it.

    ``kind`` is one of ``flag``, ``whole number``, ``number``, ``choice``, ``choices``, ``text``, ``url``, ``urls``,
    ``list``, ``object`` (free JSON), ``parts`` (a group with options of its own) and ``variants`` (a list with one
    object that comes in several types). ``expected`` says in words what it may hold. ``unit`` is the unit of a number,
    such as ``"s"``, or ``""``; ``source`` names where Vonage says so, and ``date`` the year and month of that source.
    ``instead`` is the new name of an option that has been renamed. ``either`` says that an address is taken alone and
    in a list with one.
    """

    name: str
    kind: str
    expected: str
    help: str
    required: bool = False
    default: Any = None
    example: Any = None
    choices: tuple[Any, ...] = ()
    suggest: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    longest: int | None = None
    deprecated: bool = False
    instead: str = ""
    either: bool = False
    unit: str = ""
    source: str = ""
    date: str = ""
    parts: tuple[Option, ...] = ()
    variants: dict[str, tuple[Option, ...]] = field(default_factory=dict, hash=False)

    @cached_property
    def is_number(self) -> bool:
        """True for ``number`` and ``whole number``."""
        return self.kind in ("number", "whole number")

    @property
    def holds_list(self) -> bool:
        """True if JSON has a list here."""
        return self.kind in ("urls", "list", "choices", "variants")

    @property
    def sample(self) -> Any:
        """A value that it may hold."""
        return self.choices[0] if self.example is None and self.choices else self.example

    def inside(self, kind: Any = None) -> Named:
        """The options of the object that this option holds, by name; ``kind`` is the type of one with variants."""
        return self._named.get(kind if isinstance(kind, str) else None, {})

    @cached_property
    def _named(self) -> dict[str | None, Named]:
        groups: list[tuple[str | None, tuple[Option, ...]]] = [(None, self.parts), *self.variants.items()]
        return {kind: {option.name: option for option in group} for kind, group in groups}


Named = dict[str, Option]


@lru_cache(maxsize=64)
def options_of(model: type[BaseModel]) -> tuple[Option, ...]:
    """All options of a model, in the order it declares them; ``action`` itself is none."""
    schema = model.model_json_schema(by_alias=True)
    return _options(schema, schema.get("$defs", {}))


@lru_cache(maxsize=64)
def named_options(model: type[BaseModel]) -> Named:
    """The same, by name."""
    return {option.name: option for option in options_of(model)}


def walk(options: tuple[Option, ...], above: str = "") -> Iterator[tuple[str, Option]]:
    """Every option with its path (``dtmf.timeOut``, ``endpoint.phone.number``), groups before what is in them."""
    for option in options:
        path = f"{above}{option.name}"
        yield path, option
        yield from walk(option.parts, f"{path}.")
        for name, variant in option.variants.items():
            yield from walk(variant, f"{path}.{name}.")


@dataclass(frozen=True)
class Place:
    """Where a path leads: JSON keys and list positions, and the option there.

    ``option`` is ``None`` where the models know none: in free JSON (``is_free``), or because nothing is at that path.
    Then ``name`` leads no further, ``beside`` are the options in whose place it stands, and ``held`` is what should
    hold it. ``kind`` is the type of an endpoint that would have to be made on the way.
    """

    steps: tuple[str | int, ...]
    option: Option | None = None
    kind: str = ""
    is_free: bool = False
    name: str = ""
    beside: tuple[Option, ...] = ()
    held: Any = None


def find(options: tuple[Option, ...], path: Sequence[str | int], data: Any = None) -> Place:
    """The place at a path of names and list positions; the list around an endpoint is understood.

    ``data`` are the values: they tell of what type an endpoint is, and which names are there that nobody knows.
    """
    steps: list[str | int] = []
    option: Option | None = None
    kind = ""
    for number, name in enumerate(path):
        if option is not None and option.holds_list and not isinstance(data, dict):
            is_position = str(name).isdecimal()
            steps.append(int(name) if is_position else 0)
            data = data[int(name) if is_position else 0 :][:1] if isinstance(data, list) else []
            kind = kind if data else next(iter(option.variants), "")
            data = data[0] if data else {"type": kind}
            options = _of_type(option, data)
            if is_position:
                continue
        if option is not None and option.kind == "object":
            return Place((*steps, *path[number:]), is_free=True)
        found = next((one for one in options if one.name == name), None)
        if found is None and isinstance(data, dict) and name in data and name != "action":
            return Place((*steps, *path[number:]), is_free=True)
        if found is None:
            return Place(tuple(steps), kind=kind, name=str(name), beside=options, held=data)
        steps.append(name)
        data = data.get(name) if isinstance(data, dict) else None
        option, options = found, _of_type(found, data) if found.variants and isinstance(data, dict) else found.parts
    return Place(tuple(steps), option, kind)


def _of_type(option: Option, held: Any) -> tuple[Option, ...]:
    """The options of the variant that an object is of. One that is of none can still be given a type."""
    if not option.variants:
        return ()
    kind = held.get("type") if isinstance(held, dict) else None
    known = option.variants.get(kind, ()) if isinstance(kind, str) else ()
    return known or tuple(one for one in next(iter(option.variants.values())) if one.name == "type")


def _options(schema: dict[str, Any], defs: dict[str, Any]) -> tuple[Option, ...]:
    required = schema.get("required", ())
    return tuple(
        _option(name, facts, name in required, defs)
        for name, facts in schema.get("properties", {}).items()
        if name != "action"
    )


# Facts that have the same name in the JSON schema of a model.
_SAME = ("minimum", "maximum", "step", "deprecated", "instead", "either", "unit", "source", "date")


def _option(name: str, facts: dict[str, Any], required: bool, defs: dict[str, Any]) -> Option:
    # `X | None` in Python means "may be left out"; JSON's null is not meant by it.
    shape: dict[str, Any] = next((one for one in facts.get("anyOf", ()) if one.get("type") != "null"), {})
    facts = {**shape, **facts}
    items = facts.get("items", {})
    objects = [_follow(one["$ref"], defs) for one in items.get("oneOf", ())]
    variants = {one["properties"]["type"]["const"]: _options(one, defs) for one in objects}
    parts = _options(_follow(facts["$ref"], defs), defs) if "$ref" in facts else ()
    kind = _kind(facts, items, bool(variants), bool(parts))
    found = Option(
        name=name,
        kind=kind,
        expected="",
        help=facts.get("description", ""),
        required=required,
        default=facts.get("default"),
        example=next(iter(facts.get("examples", ())), None),
        choices=tuple(facts.get("enum") or items.get("enum") or ([facts["const"]] if "const" in facts else ())),
        suggest=tuple(facts.get("suggest", ())),
        longest=facts.get("maxLength") if kind == "text" else None,
        parts=parts,
        variants=variants,
        **{fact: facts[fact] for fact in _SAME if fact in facts},
    )
    return Option(**{**found.__dict__, "expected": facts.get("expected") or _expected(found)})


def _follow(reference: str, defs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = defs[reference.rpartition("/")[2]]
    return found


def _kind(facts: dict[str, Any], items: dict[str, Any], variants: bool, parts: bool) -> str:
    if variants or parts:
        return "variants" if variants else "parts"
    if "kind" in facts:
        return str(facts["kind"])
    if "enum" in facts or "const" in facts:
        return "choice"
    if "enum" in items:
        return "choices"
    kinds = {"boolean": "flag", "integer": "whole number", "number": "number", "array": "list", "object": "object"}
    return kinds.get(facts.get("type", ""), "text")


def _expected(option: Option) -> str:
    quoted = [f'"{choice}"' for choice in option.choices]
    named = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
    words = {
        "flag": "true or false",
        "choice": named,
        "choices": f"a list of {named}",
        "parts": f"an object with {', '.join(part.name for part in option.parts)}",
        "variants": f"a list with one object of type {', '.join(option.variants)}",
        "text": "text" + (f", {option.longest} characters at most" if option.longest else ""),
    }
    return words.get(option.kind) or f"a {option.kind}{_between(option.minimum, option.maximum)}"


def _between(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum:g} to {maximum:g}"
    if minimum is not None:
        return f", {minimum:g} or more"
    return f", at most {maximum:g}" if maximum is not None else ""

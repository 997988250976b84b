"""What all action models and their parts share: strict types, unknown options kept, errors in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from ...base.errors import KitError
from ...base.text import nearest
from ..data import copy_of
from ..problems.problems import NccoError, Problem, error, named
from ..schema import named_options, options_of
from .tidying import Tidied
from .words import MOST_FIXES, in_words, name_of, spelling_problems

Options = Mapping[str, Any]
# To try a fix is to read the action again; in one with more options than this, fixes are not offered.
MOST_OPTIONS = 500


def _with_source(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Every option says where it is documented: its own source, or that of the model."""
    for facts in schema.get("properties", {}).values():
        facts.setdefault("source", getattr(model, "source", ""))
        facts.setdefault("date", getattr(model, "date", ""))


class Part(BaseModel):
    """A piece of an NCCO: an action, an endpoint, or a group of settings such as ``dtmf``.

    Building one with a wrong value raises :class:`NccoError`, as does setting one later. Options that Vonage does not
    document are kept as they are. ``to_dict()`` gives what was set, under the API's own names.
    """

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        validate_by_alias=True,
        validate_by_name=True,
        validate_assignment=True,
        allow_inf_nan=False,
        json_schema_extra=_with_source,
    )

    #: Where the options are documented, and in which year and month that was read; an option may name its own.
    source: ClassVar[str] = "NCCO reference"
    date: ClassVar[str] = "2026-10"
    #: Spellings that Vonage's own pages and SDKs use beside the usual one, which is kept as it was written.
    spellings: ClassVar[dict[str, str]] = {}
    #: Names that people and old clients write, and the options they mean.
    mistaken: ClassVar[dict[str, str]] = {}

    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)
    _written: tuple[str, ...] = PrivateAttr(default=())

    # Hidden from type checkers, who derive a far better signature from the fields.
    if not TYPE_CHECKING:

        def __init__(self, /, *bare: Any, **given: Any) -> None:
            if bare:
                first = next((one for one in type(self).model_fields if one not in ("action", "type")), "…")
                name = type(self).__name__
                raise KitError(f"Each option of {name} needs its name.", f"For example: {name}({first}=…).")
            # `None` is Python's "not set" of a known option; `from_` is Python's way to write `from`.
            names = _api_names(type(self))
            known = {*names, *names.values()}
            given = {names.get(n, n): value for n, value in given.items() if value is not None or n not in known}
            tidied = type(self).tidy(given)
            problems = [*tidied.found, *type(self).together(tidied.data)]
            try:
                super().__init__(**tidied.data)
            except ValidationError as problem:
                problems = merge(in_words(type(self), problem, tidied), problems)
            problems += spelling_problems(type(self), tidied)
            problems = [replace(p, severity="error", rule="misspelt-option") if _is_slip(p) else p for p in problems]
            if any(p.severity == "error" for p in problems):
                raise NccoError(problems, what=f"This {type(self).__name__}")
            self._written = tuple(given)

        # Tells pydantic that this does not replace its own validation of parts within parts.
        __init__.__pydantic_base_init__ = True

    @model_validator(mode="wrap")
    @classmethod
    def _note_order(cls, data: Any, handler: ModelWrapValidatorHandler[Part]) -> Part:
        part = handler(data)
        if isinstance(data, dict):
            part._written = tuple(data)
        return part

    def __setattr__(self, name: str, value: Any) -> None:
        known = name.startswith("_") or name in type(self).model_fields or name in (self.__pydantic_extra__ or {})
        if not known:
            found = error(name, f"{name_of(type(self))} has no option {named(name)}.", rule="misspelt-option")
            raise NccoError([found], what=f"This {type(self).__name__}")
        try:
            super().__setattr__(name, value)
        except ValidationError as problem:
            tidied = Tidied(name_of(type(self)), {name: value})
            raise NccoError(in_words(type(self), problem, tidied), what=f"This {type(self).__name__}") from None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Part) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    __str__ = BaseModel.__repr__

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        set_ = self.model_fields_set
        yield from ((n, getattr(self, n)) for n in type(self).model_fields if n in set_ and n != "action")
        yield from (self.__pydantic_extra__ or {}).items()

    def to_dict(self) -> dict[str, Any]:
        """Only what was set, under the API's names and in the order in which it was written."""
        values, set_ = self.__dict__, self.__pydantic_fields_set__
        api = _api_names(type(self))
        found = {api[n]: _data(values[n]) for n in api if n in set_ and values[n] is not None}
        found.update(copy_of(self.__pydantic_extra__ or {}))
        ordered: dict[str, Any] = {}
        for name in self._written:
            real = self.spellings.get(name, name)
            if real in found:
                ordered[name] = found.pop(real)
        return ordered | found

    @classmethod
    def tidy(cls, given: Options) -> Tidied:
        """The options under the API's names, numbers as numbers; and what there is to say about that."""
        tidied = Tidied(name_of(cls))
        tidied.take(given, named_options(cls), cls.spellings, cls.mistaken)
        return tidied

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        """Rules between the options of one part: what excludes, needs or ignores what."""
        yield from ()

    @classmethod
    def look_at(cls, data: Options) -> tuple[Any, list[Problem], Tidied]:
        """The model made of JSON data, or ``None``; all there is to say about it, in the order of the options; and the
        data with everything put right that could be."""
        tidied = cls.tidy(data)
        found = [*tidied.found, *cls.together(tidied.data)]
        model = None
        try:
            # JSON has the API's own names only: "from", never "from_".
            model = cls.model_validate(tidied.data, by_alias=True, by_name=False)
            model._written = tuple(name for name in data if isinstance(name, str))
        except ValidationError as problem:
            found = merge(in_words(cls, problem, tidied), found)
        if tidied.renamed or tidied.unknown:
            found += spelling_problems(cls, tidied)
        if len(found) > 1:
            order = {option.name: place for place, option in enumerate(options_of(cls))}
            found.sort(key=lambda p: order.get(p.field.partition(".")[0], -1))
        return model, found, tidied

    @classmethod
    def only_good_fixes(cls, data: Options, found: list[Problem]) -> list[Problem]:
        """The problems, without those fixes that would not cure theirs, or would bring a new error."""
        most = MOST_FIXES if len(data) <= MOST_OPTIONS else 0
        return [
            p if p.fix is None or (number < most and cls._cures(data, p, found)) else replace(p, fix=None)
            for number, p in enumerate(found)
        ]

    @classmethod
    def _cures(cls, data: Options, problem: Problem, found: list[Problem]) -> bool:
        try:
            changed = problem.fix.change(copy_of(data)) if problem.fix else data
        except (LookupError, TypeError, ValueError, AttributeError):
            return False  # another mistake stands in its way
        if isinstance(changed, list):  # what would be wrong in each of several is put right first
            return not any(_errors(cls.look_at(one)[1]) for one in changed)
        after = cls.look_at(changed)[1]
        return _same(after, problem) < _same(found, problem) and not _errors(after) - _errors(found)


class Action(Part):
    """One step of a call. ``synchronous`` says whether the next action waits for it, as the NCCO reference lists it."""

    synchronous: ClassVar[bool] = True
    summary: ClassVar[str] = ""
    action: str

    @property
    def waits(self) -> bool:
        """True if, with the options given, the next action starts only when this one has ended."""
        return self.synchronous

    def to_dict(self) -> dict[str, Any]:
        """Only what was set, ``action`` first, then as it was written, under the API's names."""
        return {"action": self.action, **{n: v for n, v in super().to_dict().items() if n != "action"}}


def _is_slip(problem: Problem) -> bool:
    """In Python an unknown option that is much like a known one is a slip of the pen; JSON is kept as it came."""
    _, asks, meant = problem.cure.partition("Did you mean ")
    return bool(asks and nearest(problem.field.rpartition(".")[2], [meant.rstrip("?")], cutoff=0.8))


@lru_cache(maxsize=64)
def _api_names(model: type[BaseModel]) -> dict[str, str]:
    """The API's name of every field: Python has to spell some differently (``from_`` -> ``from``)."""
    return {name: field.alias or name for name, field in model.model_fields.items()}


def _same(problems: list[Problem], one: Problem) -> int:
    return sum((p.rule, p.field, p.message) == (one.rule, one.field, one.message) for p in problems)


def _errors(problems: list[Problem]) -> Counter[tuple[str, str]]:
    return Counter((p.rule, p.field) for p in problems if p.severity == "error")


def merge(first: list[Problem], second: list[Problem]) -> list[Problem]:
    """Both lists; where both speak about the same option, the second knows better."""
    known = {p.field for p in second if p.severity == "error" and p.field}
    return [p for p in first if p.field not in known] + second


def _data(value: Any) -> Any:
    """The value of an option as JSON data."""
    if isinstance(value, Part):
        return value.to_dict()
    if isinstance(value, list):
        return [_data(one) for one in value]
    if isinstance(value, float):
        # 1.0 goes out as 1, as a person would write it.
        return int(value) if value.is_integer() else value
    return copy_of(value)

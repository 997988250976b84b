"""What all action models and their parts share: strict types, no unknown options, errors in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from helpers.ncco.problems import NccoError, Problem, advice
from helpers.ncco.schema import Option, options_of
from helpers.ncco.words import in_words

Options = Mapping[str, Any]


class Part(BaseModel):
    """A piece of an NCCO: an action, an endpoint, or a group of settings such as ``dtmf``.

    Building one with a wrong value raises :class:`NccoError`, as does setting one later. ``to_dict()`` gives what was
    set, under the API's own names.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        validate_by_alias=True,
        validate_by_name=True,
        validate_assignment=True,
        allow_inf_nan=False,
    )

    # Hidden from type checkers, who derive a far better signature from the fields.
    if not TYPE_CHECKING:

        def __init__(self, **given: Any) -> None:
            # `None` is Python's "not set"; `from_` is Python's way to write `from`.
            given = {api_name(type(self), name): value for name, value in given.items() if value is not None}
            given, found = type(self).tidy(given)
            problems = [*found, *type(self).together(given)]
            try:
                super().__init__(**given)
            except ValidationError as problem:
                problems = merge(in_words(type(self), problem, given), problems)
            if any(p.severity == "error" for p in problems):
                raise NccoError(problems, what=f"This {type(self).__name__}")

        # Tells pydantic that this does not replace its own validation of parts within parts.
        __init__.__pydantic_base_init__ = True

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            super().__setattr__(name, value)
        except ValidationError as problem:
            raise NccoError(in_words(type(self), problem, {name: value}), what=f"This {type(self).__name__}") from None

    __str__ = BaseModel.__repr__

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return ((n, getattr(self, n)) for n in type(self).model_fields if n in self.model_fields_set and n != "action")

    def to_dict(self) -> dict[str, Any]:
        """Only what was set, under the API's names, in the order the model declares them."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)

    @classmethod
    def tidy(cls, given: Options) -> tuple[dict[str, Any], list[Problem]]:
        """Loose and old spellings that the platform takes, put right, each with a remark."""
        tidied, found = dict(given), []
        for option in options_of(cls):
            value = given.get(option.name)
            if option.loose and isinstance(value, str):
                number = _number(value, whole=option.kind == "whole number")
                if number is not None:
                    tidied[option.name] = number
                    found.append(
                        advice(
                            option.name,
                            f"{option.name} is the text {value!r}; it is read as the number {number}.",
                            f'Write it without quotes: "{option.name}": {number}.',
                        )
                    )
            found += _too_fine(option, tidied.get(option.name))
        return tidied, found

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        """Rules between the options of one part: what excludes, needs or ignores what."""
        yield from ()

    @classmethod
    def read(cls, data: Options) -> tuple[Any, list[Problem]]:
        """The model made of JSON data, or ``None``; and all there is to say about it, in the order of the options."""
        given, found = cls.tidy(data)
        found += cls.together(given)
        model = None
        try:
            # JSON has the API's own names only: "from", never "from_".
            model = cls.model_validate(given, by_alias=True, by_name=False)
        except ValidationError as problem:
            found = merge(in_words(cls, problem, given), found)
        order = {option.name: place for place, option in enumerate(options_of(cls))}
        found.sort(key=lambda p: order.get(p.field.partition(".")[0], -1))
        return model, found


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
        """Only what was set, ``action`` first, under the API's names."""
        return {"action": self.action, **{n: v for n, v in super().to_dict().items() if n != "action"}}


def api_name(model: type[BaseModel], name: str) -> str:
    """The API's name of a field that Python has to spell differently (``from_`` -> ``from``)."""
    field = model.model_fields.get(name)
    return field.alias if field is not None and field.alias else name


def merge(first: list[Problem], second: list[Problem]) -> list[Problem]:
    """Both lists; where both speak about the same option, the second knows better."""
    known = {p.field for p in second if p.severity == "error" and p.field}
    return [p for p in first if p.field not in known] + second


def _too_fine(option: Option, value: Any) -> list[Problem]:
    # What is no number, or far out of range, is an error anyway; `not <=` catches NaN too.
    if option.step is None or not isinstance(value, (int, float)) or not abs(value) <= 1e6:
        return []
    nearest = round(round(value / option.step) * option.step, 6)
    if abs(value - nearest) < 1e-9:
        return []
    message = f"{option.name} {value:g} is finer than the steps of {option.step:g} that are heard."
    return [advice(option.name, message, f"Write {nearest:g}.")]


def _number(text: str, *, whole: bool) -> int | float | None:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return None

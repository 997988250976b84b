"""pydantic's findings in plain words: what is wrong, the line to write instead, and the fix that writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from ...base.text import nearest
from ..data import Path, copy_of, field_of, value_in
from ..jsontext import wrapped
from ..problems.fixes import Fix, both, drop, put, rename
from ..problems.problems import MOST_PROBLEMS, Problem, advice, error, kind_of, named, shown
from ..schema import Named, Option, find, options_of
from .mending import NOTHING, mended, without_tags
from .tidying import Tidied, plain_name

#: An action with more findings than this is not a slip of the pen: there is no fix for each of them.
MOST_FIXES = 20
# A list of several of these means as many actions.
_SPLIT = ("endpoint", "streamUrl")


def in_words(model: type[BaseModel], problem: ValidationError, tidied: Tidied) -> list[Problem]:
    """One :class:`Problem` for each thing pydantic found wrong with the options of ``model``."""
    few = problem.error_count() <= MOST_FIXES
    ones = problem.errors(include_url=False)[:MOST_PROBLEMS]
    found = [_Finding(model, dict(one), tidied, few).said() for one in ones]
    # A value that fits no JSON type is reported once for each type: say it once.
    return list(dict.fromkeys(found))


def spelling_problems(model: type[BaseModel], tidied: Tidied) -> list[Problem]:
    """A problem for each option that is misspelt, or that nobody knows."""
    found = []
    for path, option in tidied.renamed[:MOST_PROBLEMS]:
        wrong = tidied.origin(path)
        value = value_in(tidied.data, path)
        better = NOTHING if value is None else mended(model, tidied.data, path, option)
        value = value if better is NOTHING else better
        message, cure = _no_option(tidied.name, wrong), f"Did you mean {option.name}?"
        fix = rename(f"Write {option.name}", wrong, option.name, value)
        found.append(error(field_of(wrong), message, cure, rule="misspelt-option", fix=fix))
    for path, options in tidied.unknown[:MOST_PROBLEMS]:
        found.append(_unknown(model, tidied, path, options))
    return found


def name_of(model: type[BaseModel]) -> str:
    """The action's or the part's own name in JSON: ``stream``, not ``Stream``."""
    for tag in ("action", "type"):
        facts = model.model_fields.get(tag)
        if facts is not None and isinstance(facts.default, str):
            return facts.default
    return model.__name__[:1].lower() + model.__name__[1:]


def _unknown(model: type[BaseModel], tidied: Tidied, path: Path, options: Named) -> Problem:
    wrong = str(path[-1])
    few = len(tidied.unknown) <= MOST_FIXES
    meant = nearest(wrong, options) if few else ""
    where = tidied.origin(path)
    fix: Fix | None = drop(f"Leave {named(wrong)} out", where)
    cure = f"The options here are: {', '.join(options)}."
    beside = value_in(tidied.data, path[:-1])
    if inside := _owner(path, options, beside) if few else None:
        cure = f"It belongs into {inside[0]}."
        fix = _moved_into(model, tidied, path, inside)
    elif meant:
        cure = f"Did you mean {meant}?"
        # What bargeIn needs stands in another action: a new name alone could bring a new error.
        if meant not in beside and meant != "bargeIn":
            trial = rename("", path, meant, beside[wrong]).change(copy_of(tidied.data))
            better = mended(model, trial, (*path[:-1], meant), options[meant])
            if better is not NOTHING:
                fix = rename(f"Write {meant}", where, meant, better)
    return advice(field_of(path), _no_option(tidied.name, path), cure, rule="unknown-option", fix=fix)


def _owner(path: Path, options: Named, beside: dict[str, Any]) -> tuple[str, Path, Option] | None:
    """The part beside an option that has an option of this name: what it is called, where it is, and that option."""
    found, wrong = [], plain_name(str(path[-1]))
    for option in options.values():
        held: Any = beside.get(option.name)
        first = held[0] if option.variants and isinstance(held, list) and len(held) == 1 else held
        if isinstance(first, dict):
            at = (*path[:-1], option.name, 0) if first is not held else (*path[:-1], option.name)
            known = option.inside(first.get("type")).values()
            found += [(option.name, (*at, one.name), one) for one in known if plain_name(one.name) == wrong]
    return found[0] if len(found) == 1 and value_in(beside, found[0][1][len(path) - 1 :]) is None else None


def _moved_into(model: type[BaseModel], tidied: Tidied, path: Path, owner: tuple[str, Path, Option]) -> Fix | None:
    """The fix that moves an option into the part that has it, if its value will do there."""
    name, target, option = owner
    value = value_in(tidied.data, path)
    better = mended(model, put("", target, value).change(copy_of(tidied.data)), target, option)
    if better is NOTHING:
        return None
    label = f"Move {named(str(path[-1]))} into {name}"
    return both(label, put("", tidied.origin(target), better), drop("", tidied.origin(path)))


def _no_option(name: str, path: Path) -> str:
    above = field_of(path[:-1])
    return f"{name}{' ' + above if above else ''} has no option {shown(str(path[-1]))}."


class _Finding:
    """One finding of pydantic about the options of a model."""

    def __init__(self, model: type[BaseModel], one: dict[str, Any], tidied: Tidied, mend: bool) -> None:
        self.model, self.tidied, self.mend = model, tidied, mend
        self.kind, self.value = one["type"], one["input"]
        self.context: dict[str, Any] = one.get("ctx", {})
        self.path = without_tags(one["loc"], tidied.data)
        self.name, self.options = name_of(model), options_of(model)
        self.field = field_of(self.path)
        self.option = find(self.options, self.path, tidied.data).option

    def said(self) -> Problem:
        option, value, where = self.option, self.value, f"{self.field} of {self.name}"
        if self.kind == "missing":
            return self._missing()
        if self.kind.startswith("union_tag") and option:
            return self._type(option)
        if self.kind == "ncco":
            return self._said_by_field(where)
        if self.kind in ("invalid-json-value", "recursion_loop"):
            said = f"{where} is {kind_of(value)}, which JSON does not know."
            return error(self.field, said, "Use text, numbers, lists and dicts.", rule="no-json-value")
        expected = option.expected if option else "something else"
        in_list = bool(self.path) and isinstance(self.path[-1], int)
        if in_list and option and option.holds_list:
            message = f"{where} holds {shown(value)}, but must be {expected}."
        else:
            message = f"{where} {_is(self.kind, value)}, but must be {expected}."
        rule = self._rule(in_list)
        fix = self._split() if self.kind == "too_long" and self.path[0] in _SPLIT else self._fix()
        return error(self.field, message, next(_cures(option, self.path, value)), rule=rule, fix=fix)

    def _rule(self, in_list: bool) -> str:
        """The name of the rule that this finding breaks."""
        option, value = self.option, self.value
        if option is not None and not in_list and self.kind not in ("too_short", "too_long"):
            if option.holds_list and not isinstance(value, list):
                return "list-expected"
            if not option.holds_list and isinstance(value, list) and option.kind != "object":
                return "needless-list"
            if option.kind == "flag":
                return "wrong-type"
        if self.kind == "too_long" and option is not None and option.variants:
            return "two-endpoints"
        by_kind = {
            "too_short": "one-entry-only",
            "too_long": "one-entry-only",
            "string_too_long": "option-too-long",
            "string_too_short": "wrong-text",
            "string_pattern_mismatch": "wrong-text",
            "literal_error": "wrong-choice",
            "greater_than_equal": "out-of-range",
            "less_than_equal": "out-of-range",
        }
        return by_kind.get(self.kind, "wrong-type")

    def _missing(self) -> Problem:
        wanted = self.option.example if self.option else None
        message, cure = f"{self.name} needs {self.field}.", f"Write {_line(self.path, wanted)}."
        return error(self.field, message, cure, rule="missing-option", fix=self._add())

    def _add(self) -> Fix | None:
        """What can be put in for an option that is required: there is a usual value for a choice, and nothing yet."""
        option = self.option
        if option is None or not (option.choices or option.kind == "object"):
            return None
        value = {} if option.kind == "object" else option.sample
        return put(f"Add {_line(self.path, value)}", self.tidied.origin(self.path), value)

    def _type(self, option: Option) -> Problem:
        types = ", ".join(f'"{variant}"' for variant in option.variants)
        given = self.value.get("type") if isinstance(self.value, dict) else None
        said = f"type {shown(given)} is not known" if given is not None else 'needs a "type"'
        message = f"{self.field} of {self.name}: {said}."
        fix = None
        if self.mend and len(self.path) == 2:
            better = mended(self.model, self.tidied.data, self.path[:1], option)
            if better is not NOTHING:
                label = f'Write "type": "{better[0]["type"]}"'
                fix = put(label, self.tidied.origin(self.path[:1]), better)
        return error(f"{self.field}.type", message, f"The types are {types}.", rule="endpoint-type", fix=fix)

    def _said_by_field(self, where: str) -> Problem:
        message = f"{where} {self.context['said']} ({shown(self.value)})."
        return error(self.field, message, self.context["cure"], rule=self.context["rule"], fix=self._fix())

    def _fix(self) -> Fix | None:
        """The value that was meant, if it is certain."""
        if not self.mend or not self.path or value_in(self.tidied.data, self.path) is None:
            return None
        better = mended(self.model, self.tidied.data, self.path, self.option)
        if better is not NOTHING:
            label = f"Write {_line(self.path, better)}"
            return put(label if len(label) <= 80 else f"{label[:79]}…", self.tidied.origin(self.path), better)
        if self.option is not None and not self.option.required and self.value in ([], [""], ""):
            path = self.path[:-1] if isinstance(self.path[-1], int) else self.path
            return drop(f"Leave {self.option.name} out", self.tidied.origin(path))
        return None

    def _split(self) -> Fix | None:
        """Several endpoints or files: as many actions, one after the other."""
        if len(self.path) != 1 or not 2 <= len(self.value) <= MOST_FIXES:
            return None
        where = self.tidied.origin(self.path)[0]
        label = f"Write {len(self.value)} {self.name} actions, one after the other"
        return Fix(label, lambda item: [{**item, where: [one]} for one in item[where]])


def _is(kind: str, value: Any) -> str:
    if kind == "string_too_long":
        return f"has {len(value)} characters"
    if kind in ("too_short", "too_long"):
        return f"is a list of {len(value)}"
    if kind.endswith("_type") and value is not None and not isinstance(value, (list, dict)):
        return f"is {kind_of(value)} ({shown(value)})"
    return f"is {shown(value)}"


def _cures(option: Option | None, path: Path, value: Any) -> Iterator[str]:
    """What to write, the closest to what is there first."""
    if option is None:
        yield "Look it up in the reference."
        return
    in_list = isinstance(path[-1], int)
    if how := wrapped(value):
        yield f"This is {how.said}. {how.cure}"
    if option.kind in ("urls", "list", "choices") and isinstance(value, str) and not in_list:
        yield f"Write it in square brackets: {_line(path, [value[:200]])}."
    if option.kind == "variants" and isinstance(value, dict):
        yield "Put square brackets around it: it is a list, even with one endpoint."
    if option.kind == "variants" and isinstance(value, list) and len(value) > 1:
        yield "Write one connect for each: they are called one after the other."
    if option.kind in ("text", "url") and isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        yield f"Here it is not a list: {_line(path, value[0][:200])}."
    if option.kind == "text" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1e18:
        yield f'Write it in quotes: "{option.name}": "{value}".'
    if option.kind == "choice" and isinstance(value, str):
        meant = nearest(value, [str(choice) for choice in option.choices])
        if meant:
            yield f'Did you mean "{meant}"?'
    if option.example is not None:
        yield f"Write for example {_line(path, option.example)}."
    yield f"Use {option.expected}."


def _line(path: Path, value: Any) -> str:
    names = [step for step in path if isinstance(step, str)]
    return f'"{names[-1] if names else ""}": {json.dumps(value, ensure_ascii=False)}'

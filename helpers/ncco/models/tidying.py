"""Options as a person or an old client wrote them, under the API's names and with numbers as numbers.

What the platform takes in two ways is put right with a remark. What is misspelt is checked as what it was meant to be,
so that one slip is told once. What nobody knows stays as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..data import Path, field_of
from ..problems.fixes import drop, put, rename
from ..problems.problems import Problem, advice, error, kind_of, named, shown
from ..schema import Named, Option

_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})")


# All but tab and line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NONE: Mapping[str, str] = {}


@dataclass
class Tidied:
    """Options put right. ``moved`` tells where the value at a path was written; ``renamed`` lists the misspelt ones
    (path, option), ``unknown`` the paths of those that nobody knows, and ``name`` is what the whole is called."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    found: list[Problem] = field(default_factory=list)
    moved: dict[Path, Path] = field(default_factory=dict)
    renamed: list[tuple[Path, Option]] = field(default_factory=list)
    unknown: list[tuple[Path, Named]] = field(default_factory=list)

    def origin(self, path: Path) -> Path:
        """Where the value that now stands at ``path`` was written."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.moved:
                return self.moved[path[:end]] + path[end:]
        return path

    def take(
        self, given: Mapping[str, Any], options: Named, used: Mapping[str, str], mistaken: Mapping[str, str]
    ) -> None:
        """Put the options of the whole right; ``used`` are spellings in use, and the names they stand for."""
        self.data = self._group(given, options, (), used, mistaken)

    def _group(
        self,
        given: Mapping[str, Any],
        options: Named,
        path: Path,
        used: Mapping[str, str] = _NONE,
        mistaken: Mapping[str, str] = _NONE,
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        plain: dict[str, str] = {}
        for name, value in given.items():
            if not isinstance(name, str):
                continue
            option = options.get(name)
            if option is None:
                plain = plain or {plain_name(known): known for known in options}
                real = used.get(name) or mistaken.get(name) or plain.get(plain_name(name), "")
                if not real:
                    self.unknown.append(((*path, name), options))
                    made[name] = value
                    continue
                option = options[real]
                self._note_spelling(path, name, option, given, name in used)
                if real in given:
                    continue
            if value is None:
                self._note_null(path, option)
                continue
            made[option.name] = self._value(value, option, (*path, option.name))
            if option.instead:
                self._note_deprecated((*path, option.name), option, given)
        if "eventMethod" in made and "eventUrl" in options:
            self._note_method(path, options["eventUrl"], made)
        return made

    def _note_spelling(self, path: Path, name: str, option: Option, given: Mapping[str, Any], used: bool) -> None:
        right = (*path, option.name)
        if option.name in given:
            message = f"{self.name} has {named(name)} beside {option.name}: only {option.name} counts."
            fix = drop(f"Remove {named(name)}", (*path, name))
            self.found.append(
                error(field_of((*path, name)), message, f"Remove {named(name)}.", rule="misspelt-option", fix=fix)
            )
            return
        self.moved[right] = (*self.origin(path), name)
        if not used:
            self.renamed.append((right, option))

    def _note_null(self, path: Path, option: Option) -> None:
        where = (*path, option.name)
        self.found.append(
            error(
                field_of(where),
                f"{field_of(where)} of {self.name} is null.",
                "Leave it out if it is not set.",
                rule="null-option",
                fix=drop(f"Leave {option.name} out", self.origin(where)),
            )
        )

    def _value(self, value: Any, option: Option, path: Path) -> Any:
        if option.is_number:
            return self._number(value, option, path)
        if option.kind == "flag" and not isinstance(value, bool):
            return self._flag(value, option, path)
        if option.parts and isinstance(value, dict):
            return self._group(value, option.inside(), path)
        if option.variants and isinstance(value, list):
            return [
                self._group(one, option.inside(one["type"]), (*path, place))
                if isinstance(one, dict) and option.inside(one.get("type"))
                else one
                for place, one in enumerate(value)
            ]
        if option.kind != "object":
            self._look_at_text(value, path)
        return value

    def _look_at_text(self, value: Any, path: Path) -> None:
        """What no text of an option may hold: a placeholder, a control character."""
        texts = [value] if isinstance(value, str) else value[:100] if isinstance(value, list) else []
        for place, text in enumerate(texts):
            if isinstance(text, str) and (found := _CONTROL.search(text)):
                code = f"U+{ord(found.group()):04X}"
                where = (*path, place) if isinstance(value, list) else path
                message = f"{field_of(path)} of {self.name} holds the control character {code}."
                fix = put("Take it out", self.origin(where), _CONTROL.sub("", text))
                self.found.append(error(field_of(path), message, "Take it out.", rule="control-character", fix=fix))
        left = next((one for one in texts if isinstance(one, str) and "{{" in one), None)
        if left is not None:
            message = f"{field_of(path)} of {self.name} still holds a template placeholder ({shown(left)})."
            cure = "Fill it in first: render_ncco(ncco, variables)."
            self.found.append(error(field_of(path), message, cure, rule="placeholder-left"))

    def _flag(self, value: Any, option: Option, path: Path) -> Any:
        flag = flag_in(value)
        if flag is None:
            return value
        word = str(flag).lower()
        self.found.append(
            error(
                field_of(path),
                f"{field_of(path)} of {self.name} is {kind_of(value)} ({shown(value)}), but must be {option.expected}.",
                f'Write "{option.name}": {word}, without quotes (Python: {flag}).',
                rule="flag-as-text" if isinstance(value, str) else "wrong-type",
                fix=put(f'Write "{option.name}": {word}', self.origin(path), flag),
            )
        )
        return flag

    def _number(self, value: Any, option: Option, path: Path) -> Any:
        written = value
        if isinstance(value, str):
            self._look_at_text(value, path)
            number = number_in(value)
            if number is None or (option.kind == "whole number" and not isinstance(number, int)):
                return value
            value = number
        better, step = value, option.step
        # What is no number, or far out of range, is an error anyway; `<=` keeps NaN out, too.
        if step and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e6:
            nearest = round(round(value / step) * step, 6)
            if abs(value - nearest) > 1e-9:
                better = int(nearest) if nearest.is_integer() else nearest
                self.found.append(
                    advice(
                        field_of(path),
                        f"{option.name} {value:g} is finer than the steps of {step:g} that are heard.",
                        f"Write {better:g}.",
                        rule="too-fine",
                        fix=put(f'Write "{option.name}": {better:g}', self.origin(path), better),
                    )
                )
        if isinstance(written, str):
            self.found.append(
                advice(
                    field_of(path),
                    f"{option.name} is the text {written!r}; it is read as the number {value}.",
                    f'Write it without quotes: "{option.name}": {value}.',
                    rule="number-as-text",
                    fix=put(f'Write "{option.name}": {value}', self.origin(path), value),
                )
            )
        return value

    def _note_method(self, path: Path, url: Option, made: Mapping[str, Any]) -> None:
        if url.required or "eventUrl" in made:
            return
        where = (*path, "eventMethod")
        self.found.append(
            advice(
                field_of(where),
                f"{self.name}: {field_of(where)} without eventUrl has no effect.",
                "Add eventUrl, a list with one address, or leave eventMethod out.",
                rule="method-without-url",
                fix=drop("Leave eventMethod out", self.origin(where)),
            )
        )

    def _note_deprecated(self, path: Path, option: Option, given: Mapping[str, Any]) -> None:
        where, new = self.origin(path), option.instead
        known = new in given
        fix = drop(f"Remove {option.name}", where) if known else rename(f"Write {new}", where, new, given[option.name])
        message = f"{option.name} is the old name of {new}."
        cure = f"Remove it: {new} is there already." if known else f"Write {new}."
        self.found.append(advice(field_of(path), message, cure, rule="deprecated-option", fix=fix))


def number_in(text: str) -> int | float | None:
    """The number that a text holds, as people write numbers; ``None`` if it holds none, or one of endless length."""
    if len(text) > 40 or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    whole = text.strip().lstrip("+-").isdigit()
    return int(text) if whole else number if math.isfinite(number) else None


def flag_in(value: Any) -> bool | None:
    """True or false, if a text or a number certainly means one of them."""
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool) or not isinstance(word, (str, int)):
        return None
    return True if word in ("true", "1", 1, "yes", "on") else False if word in ("false", "0", 0, "no", "off") else None


def plain_name(name: str) -> str:
    """A name without what people mix up: capitals, underscores, dashes."""
    return name.replace("_", "").replace("-", "").lower() if len(name) <= 100 else name

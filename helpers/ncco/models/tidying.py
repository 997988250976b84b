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

from ...base.text import as_seen
from ..data import Path, field_of
from ..problems.fixes import Fix, drop, put, rename
from ..problems.problems import Problem, advice, error, kind_of, named, shown
from ..problems.rules import RULES
from ..schema import Named, Option

_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})")
# All but tab and line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What certainly means true, or false.
_YES, _NO = ("true", "1", 1, "yes", "on"), ("false", "0", 0, "no", "off")
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
                real = used.get(name) or plain.get(plain_name(name), "")
                if not real and (meant := options.get(mistaken.get(name, ""))) and meant.required:
                    real = "" if meant.name in given else meant.name
                if not real:
                    self.unknown.append(((*path, name), options))
                    made[name] = value
                    continue
                option = options[real]
                if value is not None:
                    self._note_spelling(path, name, option, given, name in used)
                    if real in given:
                        continue
            if value is None:
                self._note_null(path, name, option)
                continue
            value = self._value(value, option, (*path, option.name))
            if value is None:
                continue
            made[option.name] = value
            if option.instead:
                self._note_deprecated((*path, option.name), option, given)
        if "eventMethod" in made and "eventUrl" in options:
            self._note_method(path, options["eventUrl"], made)
        return made

    def _note(self, path: Path, message: str, cure: str, rule: str, fix: Fix | None = None) -> None:
        make = error if RULES[rule].severity == "error" else advice
        self.found.append(make(field_of(path), message, cure, rule=rule, fix=fix))

    def _note_spelling(self, path: Path, name: str, option: Option, given: Mapping[str, Any], used: bool) -> None:
        wrong, right = (*path, name), (*path, option.name)
        if option.name in given:
            message = f"{self.name} has {named(name)} beside {option.name}: only {option.name} counts."
            cure = f"Remove {named(name)}."
            self._note(wrong, message, cure, "misspelt-option", drop(cure.removesuffix("."), wrong))
            return
        self.moved[right] = (*self.origin(path), name)
        if not used:
            self.renamed.append((right, option))

    def _note_null(self, path: Path, name: str, option: Option) -> None:
        where, written = (*path, option.name), (*self.origin(path), name)
        message = f"{field_of(where)} of {self.name} is null; it is read as left out."
        self._note(where, message, "Leave it out if it is not set.", "null-option", drop(f"Leave {name} out", written))

    def _value(self, value: Any, option: Option, path: Path) -> Any:
        if option.is_number:
            return self._number(value, option, path)
        if option.kind == "flag" and not isinstance(value, bool):
            return self._flag(value, option, path)
        if option.kind == "choice" and isinstance(value, str) and value not in option.choices:
            return self._in_capitals(value, option, path)
        if option.either:
            value = self._address(value, option, path)
        if option.parts and isinstance(value, dict):
            return self._group(value, option.inside(), path)
        if option.variants and isinstance(value, list):
            return [
                self._group(one, inside, (*path, place))
                if isinstance(one, dict) and (inside := option.inside(one.get("type")))
                else one
                for place, one in enumerate(value)
            ]
        if option.kind != "object":
            self._look_at_text(value, path)
        return value

    def _look_at_text(self, value: Any, path: Path) -> None:
        """What no text of an option may hold: a placeholder, a control character."""
        if isinstance(value, str) and value.isprintable() and "{{" not in value:
            return
        texts = [value] if isinstance(value, str) else value[:100] if isinstance(value, list) else []
        for place, text in enumerate(texts):
            if isinstance(text, str) and (found := _CONTROL.search(text)):
                where = self.origin((*path, place) if isinstance(value, list) else path)
                message = f"{field_of(path)} of {self.name} holds the control character U+{ord(found.group()):04X}."
                fix = put("Take it out", where, _CONTROL.sub("", text))
                self._note(path, message, "Take it out.", "control-character", fix)
        left = next((one for one in texts if isinstance(one, str) and "{{" in one), None)
        if left is not None:
            message = f"{field_of(path)} of {self.name} still holds a template placeholder ({shown(left)})."
            self._note(path, message, "Fill it in first: render_ncco(ncco, variables).", "placeholder-left")

    def _flag(self, value: Any, option: Option, path: Path) -> Any:
        word = value.strip().lower() if isinstance(value, str) else value
        if not isinstance(word, (str, int)) or word not in (*_YES, *_NO):
            return value
        flag, field = word in _YES, f"{field_of(path)} of {self.name}"
        better = f'Write "{option.name}": {str(flag).lower()}'
        cure, fix = f"{better}, without quotes (Python: {flag}).", put(better, self.origin(path), flag)
        if word in ("true", "false"):
            self._note(path, f"{field} is the text {value!r}; it is read as {word}.", cure, "flag-as-text", fix)
        else:
            what = f"{kind_of(value)} ({shown(value)}), but must be {option.expected}"
            self._note(path, f"{field} is {what}.", cure, "wrong-type", fix)
        return flag

    def _in_capitals(self, value: str, option: Option, path: Path) -> str:
        """GET and POST are the only choices in capitals."""
        better = value.upper()
        if better not in option.choices:
            self._look_at_text(value, path)
            return value
        message, cure = f"{field_of(path)} of {self.name} is {shown(value)}.", f'Write "{better}".'
        fix = put(cure.removesuffix("."), self.origin(path), better)
        self._note(path, f"{message} It is read as {better}.", cure, "method-in-small-letters", fix)
        return better

    def _address(self, value: Any, option: Option, path: Path) -> Any:
        """One address, alone or in a list, as the reference has it; ``None`` for an empty one."""
        where = self.origin(path)
        address = value[0] if isinstance(value, list) and len(value) == 1 else value
        if address in ("", []):
            message, fix = f"{field_of(path)} of {self.name} is empty.", drop(f"Leave {option.name} out", where)
            self._note(path, message, "Leave it out if there is no sound.", "empty-sound", fix)
            return None
        if not isinstance(address, str) or isinstance(value, list) == option.holds_list:
            return value
        taken = [address] if option.holds_list else address
        now = "alone" if option.holds_list else "in a list"
        cure = f"{'Put it in' if option.holds_list else 'Take it out of'} square brackets"
        message = f"{field_of(path)} of {self.name} is an address {now}; it is taken all the same."
        self._note(path, message, f"{cure}.", "list-or-address", put(cure, where, taken))
        return taken

    def _number(self, value: Any, option: Option, path: Path) -> Any:
        written, where = value, self.origin(path)
        if isinstance(value, str):
            self._look_at_text(value, path)
            number = number_in(value)
            if number is None or (option.kind == "whole number" and not isinstance(number, int)):
                return value
            value = number
        better, step = value, option.step
        # What is not a number, or far out of range, is an error anyway; `<=` keeps NaN out, too.
        if step and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e6:
            nearest = round(round(value / step) * step, 6)
            if abs(value - nearest) > 1e-9:
                better = int(nearest) if nearest.is_integer() else nearest
                message = f"{option.name} {value:g} is finer than the steps of {step:g} that are heard."
                fix = put(f'Write "{option.name}": {better:g}', where, better)
                self._note(path, message, f"Write {better:g}.", "too-fine", fix)
        if isinstance(written, str):
            message = f"{option.name} is the text {written!r}; it is read as the number {value}."
            line = f'"{option.name}": {value}'
            self._note(
                path, message, f"Write it without quotes: {line}.", "number-as-text", put(f"Write {line}", where, value)
            )
        return value

    def _note_method(self, path: Path, url: Option, made: Mapping[str, Any]) -> None:
        if url.required or "eventUrl" in made:
            return
        where = (*path, "eventMethod")
        message = f"{self.name}: {field_of(where)} without eventUrl has no effect."
        cure = "Add eventUrl, a list with one address, or leave eventMethod out."
        self._note(where, message, cure, "method-without-url", drop("Leave eventMethod out", self.origin(where)))

    def _note_deprecated(self, path: Path, option: Option, given: Mapping[str, Any]) -> None:
        where, new = self.origin(path), option.instead
        known = new in given
        fix = drop(f"Remove {option.name}", where) if known else rename(f"Write {new}", where, new, given[option.name])
        cure = f"Remove it: {new} is there already." if known else f"Write {new}."
        self._note(path, f"{option.name} is the old name of {new}.", cure, "deprecated-option", fix)


def number_in(text: str) -> int | float | None:
    """The number that a text holds, as people write numbers; ``None`` if it holds none, or one of endless length."""
    if len(text) > 40 or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    whole = text.strip().lstrip("+-").isdigit()
    return int(text) if whole else number if math.isfinite(number) else None


def plain_name(name: str) -> str:
    """A name without what people mix up or do not see: capitals, underscores, dashes, odd spaces."""
    return re.sub(r"[_\s-]", "", as_seen(name)).lower() if len(name) <= 100 else name

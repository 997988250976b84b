"""An action in one line of words: what it does, and the options that are set. Made from the models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...base.text import one_line
from ..models.actions import ACTIONS, known_action
from ..schema import Option, options_of

MOST = 110  # characters in a line
_SHORT = 48  # characters of one value


def summary(item: Any, limit: int = MOST) -> str:
    """The options of an action in words, the required ones first: ``“Welcome…”, loop 2``. Empty if none is set.

    >>> summary({"action": "talk", "text": "Hello", "loop": 2})
    '“Hello”, loop 2'
    """
    name = known_action(item)
    if name is None:
        return one_line(json.dumps(item, ensure_ascii=False, default=repr)[:400], limit)
    options = {option.name: option for option in options_of(ACTIONS[name])}
    order = sorted(item, key=lambda key: 0 if key in options and options[key].required else 1)
    words = (_words(key, item[key], options.get(key)) for key in order if key != "action")
    return one_line(", ".join(word for word in words if word), limit)


def _words(name: Any, value: Any, option: Option | None) -> str:
    if value is True:
        return str(name)
    if value is False:
        return f"{name} off"
    said = _value(value, option)
    return said if option and option.required else f"{name} {said}"


def _value(value: Any, option: Option | None) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return " and ".join(map(_text if option and option.kind == "urls" else str, value))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return _endpoint(value[0])
    if isinstance(value, Mapping):
        inside = ", ".join(_words(key, one, None) for key, one in value.items())
        return f"({one_line(inside, _SHORT)})" if inside else "(nothing set)"
    return one_line(json.dumps(value, ensure_ascii=False, default=repr), _SHORT)


def _endpoint(held: Mapping[str, Any]) -> str:
    rest = next((str(one) for key, one in held.items() if key != "type" and isinstance(one, (str, int))), "")
    return one_line(f"{held.get('type', '')} {rest}", _SHORT)


def _text(value: str) -> str:
    if value.lower().startswith(("http://", "https://")):
        # The end of an address says more than its beginning.
        return one_line(value if len(value) <= _SHORT else f"…{value[-_SHORT:]}", _SHORT + 1)
    return f"“{one_line(value, _SHORT)}”"

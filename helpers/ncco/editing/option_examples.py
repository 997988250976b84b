"""For every option of every action a small NCCO in which it is set, ready to run, with values of the models."""

from __future__ import annotations

from typing import Any

from ...base.errors import KitError
from ...base.text import nearest
from ..checking.lint import in_background
from ..data import copy_of
from ..models.actions import ACTIONS, action_named
from ..schema import Option, options_of, walk

BEFORE = {"action": "talk", "text": "Hello."}
AFTER = {"action": "talk", "text": "Goodbye."}
KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
ENOUGH_ALONE = ("stream", "talk")  # the others would start with silence

# What an option needs beside it, or in place of what is usual; `None` takes something out. All that begin alike hold.
BESIDE: dict[str, dict[str, Any]] = {
    "talk.provider": {"providerOptions": {}},
    "talk.providerOptions": {"provider": "google"},
    "input.speech": {"type": ["speech"]},
    "record.channels": {"split": "conversation"},
    "conversation.transcription": {"record": True},
    "connect": {"from": "447700900000"},
    "connect.randomFromNumber": {"from": None},
    "connect.eventType": {"eventUrl": ["https://example.com/event"]},
    "connect.endpoint.websocket.authorization.value": {"endpoint.websocket.authorization.type": "custom"},
    "connect.endpoint.sip": {"endpoint.sip.uri": "sip:reception@sip.example.com"},
    "connect.endpoint.sip.user": {"endpoint.sip.uri": None, "endpoint.sip.domain": "example"},
    "connect.endpoint.sip.domain": {"endpoint.sip.uri": None, "endpoint.sip.user": "reception"},
}


def example_of(action: str, path: str) -> list[dict[str, Any]]:
    """A complete NCCO in which that option has its example value; ``path`` is as in the reference.

    Raises :class:`KitError` if there is no such action or option.

    >>> example_of("stream", "loop")
    [{'action': 'stream', 'streamUrl': ['https://example.com/music.mp3'], 'loop': 2}]
    """
    options = options_of(ACTIONS[action_named(action)])
    known = dict(walk(options))
    if path not in known:
        raise KitError(f"{action} has no option {path!r}.", f"Did you mean {nearest(path, known) or 'another'}?")
    item: dict[str, Any] = {"action": action, **_required(options)}
    beside = {**_method(path, known), **_beside(f"{action}.{path}")}
    for where, value in {**beside, path: known[path].sample}.items():
        _put(item, options, where.split("."), value)
    before = [] if action in ENOUGH_ALONE else [BEFORE]
    return copy_of([*before, item, *_after(item)])  # type: ignore[no-any-return]


def _required(options: tuple[Option, ...]) -> dict[str, Any]:
    return {option.name: copy_of(option.sample) for option in options if option.required}


def _beside(path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for begin, others in BESIDE.items():
        if path == begin or path.startswith(f"{begin}."):
            found |= others
    return found


def _method(path: str, known: dict[str, Option]) -> dict[str, Any]:
    """How an address is asked says nothing without the address."""
    url = path.removesuffix("Method") + "Url"
    return {url: known[url].sample} if path.endswith("eventMethod") and url in known else {}


def _put(item: dict[str, Any], options: tuple[Option, ...], steps: list[str], value: Any) -> None:
    """Set the value at a path of option names and endpoint types; groups on the way get what they require."""
    name, *rest = steps
    if not rest:
        if value is None:
            item.pop(name, None)
        else:
            item[name] = value
        return
    option = next(one for one in options if one.name == name)
    if option.variants:
        kind, *rest = rest
        inside, held = option.variants[kind], item.get(name) or [{}]
        if held[0].get("type") != kind:
            item[name] = held = [{"type": kind, **_required(inside)}]
        _put(held[0], inside, rest, value)
    else:
        _put(item.setdefault(name, _required(option.parts)), option.parts, rest, value)


def _after(item: dict[str, Any]) -> list[dict[str, Any]]:
    """What must follow, so that the option has an effect and the call goes on."""
    if item.get("bargeIn"):
        return [KEYS]
    return [AFTER] if in_background(item["action"], item) else []

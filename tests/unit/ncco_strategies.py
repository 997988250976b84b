"""NCCOs for hypothesis, made from the models: every option in its range, and options that nobody knows at every level.

``nccos()`` draws NCCOs without an error; they may well bring advice. ``json_values()`` draws any JSON.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from helpers.ncco import ACTIONS
from helpers.ncco.schema import Option, options_of, walk

Json = Any
Strategy = st.SearchStrategy[Any]

#: Every option there is, by action and path.
PATHS = [(name, path) for name, model in ACTIONS.items() for path, _ in walk(options_of(model))]

# JSON cannot hold half characters, and a placeholder is an error until it is filled in.
TEXTS = st.text(max_size=20).filter(lambda text: "{{" not in text)
# An option's text holds no control characters, but line breaks.
SPOKEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).filter(lambda text: "{{" not in text)
WORDS = st.one_of(
    st.sampled_from(["sales", 'It\'s "5" & <b>', "é 😀", "$HOME `id` \\", "a\nb\tc"]), SPOKEN.map("x{}".format)
)
PHONES = st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True)
ODD_NAMES = [
    "x-new",
    "xNew",
    "class",
    "from_x",
    "é",
    "ﬁ",
    "",
    "x y",
    "self",
    "to_dict",
    "__x",
    "_x",
    "model_config",
    "given",
    "1",
]
NAMES = st.one_of(st.sampled_from(ODD_NAMES), TEXTS.map("x-{}".format))
WEB = TEXTS.map(lambda text: "https://example.com/" + text.encode().hex())

# Texts that must have a form of their own, by the option's name.
FORMS: dict[str, Strategy] = {
    "text": st.one_of(WORDS, st.just("<speak>One <break time='1s'/> two.</speak>")),
    "number": PHONES,
    "from": PHONES,
    "dtmfAnswer": st.from_regex(r"[0-9*#p]{1,8}", fullmatch=True),
    "endOnKey": st.from_regex(r"[0-9*#]", fullmatch=True),
}
ADDRESSES = {
    "sip": st.sampled_from(["sip:reception@sip.example.com", "sips:a@example.com;transport=tls"]),
    "websocket": st.sampled_from(["wss://example.com/socket", "ws://127.0.0.1:8080/x?y=1"]),
}


def json_values(leaves: int = 4, *more: Strategy) -> Strategy:
    """Any JSON value: null, deep lists and objects, texts in all scripts; and ``more``."""
    numbers = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
    plain = st.one_of(st.none(), st.booleans(), numbers, TEXTS, *more)
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=leaves
    )


UNKNOWN = st.one_of(st.just({}), st.dictionaries(NAMES, json_values(), max_size=2))


def nccos(*, unknown: bool = True, most: int = 3) -> Strategy:
    """NCCOs of up to ``most`` drawn actions (those that need another behind them bring it along)."""
    drawn = st.lists(_actions(unknown), min_size=1, max_size=most)
    return drawn.map(lambda parts: [one for part in parts for one in part])


def _actions(unknown: bool) -> Strategy:
    return st.one_of([_action(name, unknown) for name in ACTIONS])


def _action(name: str, unknown: bool) -> Strategy:
    return _group(options_of(ACTIONS[name]), unknown, name).map(lambda made: _allowed({"action": name, **made}))


def _group(options: tuple[Option, ...], unknown: bool, owner: str) -> Strategy:
    must = {one.name: _value(one, unknown, owner) for one in options if one.required}
    may = {one.name: _value(one, unknown, owner) for one in options if not one.required}
    known = st.fixed_dictionaries(must, optional=may)
    return st.tuples(known, UNKNOWN).map(lambda both: both[1] | both[0]) if unknown else known


def _value(option: Option, unknown: bool, owner: str) -> Strategy:
    if option.parts:
        return _group(option.parts, unknown, option.name)
    if option.variants:
        kinds = [_group(parts, unknown, kind).map(_typed(kind)) for kind, parts in option.variants.items()]
        return st.one_of(kinds).map(lambda one: [one])
    by_kind = {
        "flag": lambda: st.booleans(),
        "whole number": lambda: _whole(option),
        "number": lambda: _number(option),
        "choice": lambda: st.sampled_from(option.choices),
        "choices": lambda: st.lists(st.sampled_from(option.choices), min_size=1, unique=True),
        "url": lambda: ADDRESSES.get(owner, WEB) if option.name == "uri" else WEB,
        "urls": lambda: WEB.map(lambda url: [url]),
        "list": lambda: st.lists(WORDS, min_size=option.name == "uuid", max_size=1 if option.name == "uuid" else 3),
        "object": lambda: st.dictionaries(TEXTS, json_values(), max_size=3),
        "text": lambda: _text(option, owner),
    }
    return by_kind[option.kind]()


def _typed(kind: str) -> Any:
    return lambda made: {"type": kind} | made


def _text(option: Option, owner: str) -> Strategy:
    if option.suggest:
        return st.sampled_from(option.suggest)
    if option.name == "uri":
        return ADDRESSES[owner]
    return FORMS.get(option.name, WORDS)


def _whole(option: Option) -> Strategy:
    low = int(option.minimum or 0)
    return st.integers(low, int(option.maximum) if option.maximum is not None else low + 50)


def _number(option: Option) -> Strategy:
    low, high, step = option.minimum, option.maximum, option.step or 0.01
    assert low is not None and high is not None, option
    # 2.0 and 2 are the same in JSON, and models write 2.
    return st.integers(0, round((high - low) / step)).map(lambda k: _plain(round(low + k * step, 6)))


def _plain(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


def _allowed(item: dict[str, Json]) -> list[dict[str, Json]]:
    """The action without the options that exclude each other, and what must follow it."""
    name = item["action"]
    if name in ("conversation", "transfer") and item.get("mute"):
        item.pop("canSpeak", None)
    if name == "conversation" and item.get("record") is not True:
        item.pop("transcription", None)
    if name == "record" and "channels" in item:
        item["split"] = "conversation"
    if name == "talk" and "provider" in item:
        item.setdefault("providerOptions", {})
    if name == "input" and item.get("mode") == "asynchronous":
        item["type"] = ["dtmf"]
        item.pop("dtmf", None)
    if name == "connect":
        if item.get("randomFromNumber"):
            item.pop("from", None)
        _allow_endpoint(item["endpoint"][0])
    return [item, {"action": "input", "type": ["dtmf"]}] if item.get("bargeIn") else [item]


def _allow_endpoint(endpoint: dict[str, Json]) -> None:
    if endpoint["type"] == "sip":
        if "user" in endpoint and "domain" in endpoint:
            endpoint.pop("uri", None)
        else:
            endpoint.pop("user", None)
            endpoint.pop("domain", None)
            endpoint.setdefault("uri", "sip:reception@sip.example.com")
    if endpoint["type"] == "websocket" and len(repr(endpoint.get("headers"))) > 100:
        endpoint["headers"] = {"caller": "447700900001"}

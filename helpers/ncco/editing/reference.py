"""The reference of all actions and options, with an NCCO to try for each; and of the rules by which one is checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from ...base.errors import KitError
from ...base.text import nearest
from ..checking.lint import in_background
from ..data import copy_of
from ..models.actions import ACTIONS, action_named
from ..problems.rules import RULES
from ..schema import Option, options_of, walk

HEAD = ("option", "holds", "default", "unit", "what it does", "example", "source")
# Columns of sentences and of code are the widest, on a narrow page too.
WIDTHS = {"holds": ";min-width:8em", "what it does": ";min-width:14em", "example": ";min-width:11em"}
Row = tuple[str, ...]

# What stands around an option that is shown, ready to run.
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


class Reference:
    """A table: a notebook shows its ``.html`` drawn, ``print`` as plain text.

    ``rows`` holds a text for each name in ``head``. Of a cell with two lines the first is a summary: HTML shows the
    second on a click. ``short`` columns stand on one line of the plain text, the others below it.
    """

    def __init__(self, rows: Sequence[Row], head: Row, title: str = "", short: int = 2) -> None:
        self.title, self.head, self.rows, self._short = title, head, list(rows), short

    @property
    def html(self) -> str:
        """The table in HTML, every cell escaped. It sets no colours, so it has those of the page."""
        style = "text-align:left;vertical-align:top;padding:4px 12px 4px 0"
        head = "".join(
            f'<th scope="col" style="{style}{WIDTHS.get(name, "")}">{escape(name)}</th>' for name in self.head
        )
        cell = f'<td style="{style}">'
        rows = "".join("<tr>" + "".join(f"{cell}{_in_html(text)}</td>" for text in row) + "</tr>" for row in self.rows)
        caption = f'<caption style="text-align:left;padding:4px 0">{escape(self.title)}</caption>' if self.title else ""
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div style="overflow-x:auto">{table}</div>'

    def __str__(self) -> str:
        # One block for each row: a wide table is unreadable without a grid, and when read aloud.
        lines = [self.title] if self.title else []
        for row in self.rows:
            lines.append(" · ".join(text for text in row[: self._short] if text))
            for name, text in zip(self.head[self._short :], row[self._short :], strict=True):
                first, _, more = text.partition("\n")
                lines += [f"    {one}" for one in (f"{name}: {first}" if first else "", more) if one]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html}

    __repr__ = __str__


def reference(action: str | None = None) -> Reference:
    """Every option of every action, or of one: what it may hold, what it does, where that is said, an NCCO to try."""
    names = [action_named(action)] if action else list(ACTIONS)
    rows = [(name, *_row(name, path, option)) for name in names for path, option in walk(options_of(ACTIONS[name]))]
    return Reference(rows, ("action", *HEAD))


def describe(action: str, option: str | None = None) -> Reference:
    """Help for one action, or for one of its options: ``describe("stream")``, ``describe("input", "dtmf.timeOut")``.

    Raises :class:`KitError` if there is none of that name.
    """
    name = action_named(action)
    model = ACTIONS[name]
    options = dict(walk(options_of(model)))
    if option is None:
        wait = "the next action waits for it" if model.synchronous else "it runs in the background"
        title = f"{name}: {model.summary} As a rule {wait}."
        return Reference([_row(name, path, one) for path, one in options.items() if "." not in path], HEAD, title, 1)
    found = [path for path in options if path == option or _without_type(path) == option]
    if not found:
        meant = nearest(option, options)
        top = ", ".join(path for path in options if "." not in path)
        raise KitError(
            f"{name} has no option {option!r}.", f"Did you mean {meant}?" if meant else f"Its options are: {top}."
        )
    below = [path for path in options if path.startswith(tuple(f"{one}." for one in found))]
    return Reference([_row(name, path, options[path]) for path in found + below], HEAD, f"{name}: {option}", 1)


def rules() -> Reference:
    """Every rule by which ``check`` judges an NCCO, how serious it is, and why it matters."""
    return Reference([(rule.name, rule.severity, rule.why) for rule in RULES.values()], ("rule", "severity", "why"))


def _row(action: str, path: str, option: Option) -> Row:
    ncco = example_of(action, path)
    return (
        path,
        option.expected,
        _default(option),
        option.unit,
        _help(option),
        f"{_fragment(option)}\n{json.dumps(ncco, ensure_ascii=False)}",
        f"{option.source}, {option.date}" if option.date else option.source,
    )


def _help(option: Option) -> str:
    if not option.deprecated:
        return option.help
    return f"{option.help} Deprecated{f': use {option.instead}' if option.instead else ''}."


def _fragment(option: Option) -> str:
    """``"loop": 2``"""
    return f"{json.dumps(option.name)}: {json.dumps(option.sample, ensure_ascii=False)}"


def _default(option: Option) -> str:
    if option.required:
        return "required"
    return "not set" if option.default is None else json.dumps(option.default, ensure_ascii=False)


def _without_type(path: str) -> str:
    """`endpoint.number` will do for `endpoint.phone.number`."""
    first, _, rest = path.partition(".")
    return f"{first}.{rest.partition('.')[2]}"


def _in_html(cell: str) -> str:
    summary, _, more = cell.partition("\n")
    if not more:
        return escape(summary)
    code = f'<pre style="white-space:pre-wrap;margin:0">{escape(more)}</pre>'
    return f'<details style="overflow-wrap:anywhere"><summary><code>{escape(summary)}</code></summary>{code}</details>'


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

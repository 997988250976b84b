"""Mustache templates, ``{{number}}`` and ``{{msg.payload}}``, with the right escape for the place a value goes to.

Mustache was made for web pages and writes ``/`` as ``&#x2F;``: in a call that would be an address nobody can fetch.
Here nothing is escaped for HTML; each destination has an escape of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from helpers.errors import KitError
from helpers.ncco.actions import ACTIONS
from helpers.ncco.jsontext import from_json
from helpers.ncco.problems import NccoError, shown
from helpers.ncco.schema import Option, find, options_of
from helpers.ncco.ssml import is_ssml

_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def _xml(value: str) -> str:
    return re.sub("[&<>\"']", lambda found: _XML[found.group()], value)


#: Destination -> what is done to a value on its way there.
ESCAPES: dict[str, Callable[[str], str]] = {
    "text": lambda value: value,
    "url": lambda value: quote(value, safe=""),
    "json": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "ssml": _xml,
    "xml": _xml,
}
_PATH = "the path of a web address"
_ALL = {**ESCAPES, _PATH: lambda value: quote(value, safe="/:@!$&'()*+,;=~")}

_TAG = re.compile(
    r"\{\{\{\s*(?P<raw>[^\s{}].*?)\s*\}\}\}|\{\{(?P<kind>[#^/!>&=]?)\s*(?P<name>[^\s{}].*?)\s*\}\}", re.DOTALL
)
_TEXTS = ("text", "url", "urls", "choice")


class TemplateError(KitError):
    """A template is malformed, or names a variable that is not there. ``.template`` is the template."""

    template: str


def render(template: str, variables: Mapping[str, Any], *, destination: str = "text") -> str:
    """The template with its placeholders filled in.

    ``destination`` says what the values become part of: ``"text"`` (as they are), ``"url"`` (one value in a query:
    everything but letters and digits is percent-encoded), ``"json"`` (between the quotes of a JSON text), ``"ssml"`` or
    ``"xml"``. ``{{{name}}}`` puts a value in as it is, wherever it goes. Dotted names reach into dicts and objects; a
    bool becomes ``true``, a list or dict JSON. Raises :class:`TemplateError`.

    >>> render("https://example.com/?who={{msg.payload}}", {"msg": {"payload": "Tom & J"}}, destination="url")
    'https://example.com/?who=Tom%20%26%20J'
    """
    if destination not in ESCAPES:
        raise TemplateError(
            f'There is no destination "{destination}".', f"Use one of {', '.join(ESCAPES)}.", template=template
        )
    return _render(template, variables, destination)


def render_ncco(data: Any, variables: Mapping[str, Any]) -> list[Any]:
    """An NCCO (a list, or JSON text) with the placeholders in all its texts filled in, ready for ``parse``.

    The JSON is read first and each text rendered by itself, so no value can break it. Inside ``<speak>`` a value is
    escaped for XML. In a web address it goes in as it is at the start (a host or a whole address), in the path without
    what a path cannot hold, after ``?`` percent-encoded. A text that is one placeholder and nothing else becomes the
    value with its type (``"loop": "{{times}}"`` gives a number), unless the option is a text.
    """
    if isinstance(data, (str, bytes)):
        data, problems = from_json(data)
        if any(p.severity == "error" for p in problems):
            raise NccoError(problems)
    items = data.to_list() if hasattr(data, "to_list") else data
    items = items if isinstance(items, (list, tuple)) else [items]
    return [_render_action(item, variables) for item in items]


def _render_action(item: Any, variables: Mapping[str, Any]) -> Any:
    action = item.to_dict() if hasattr(item, "to_dict") else item
    name = action.get("action") if isinstance(action, dict) else None
    model = ACTIONS.get(name) if isinstance(name, str) else None
    options = options_of(model) if model else ()

    def fill(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: fill(one, (*path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [fill(one, (*path, place)) for place, one in enumerate(value)]
        return (
            _leaf(value, find(options, path, action), variables) if isinstance(value, str) and "{{" in value else value
        )

    return fill(action, ())


def _leaf(template: str, option: Option | None, variables: Mapping[str, Any]) -> Any:
    kind = option.kind if option else "free"
    if kind in ("url", "urls") or re.match(r"(https?|wss?)://", template):
        return _render_address(template, variables)
    whole = _TAG.fullmatch(template.strip())
    if whole and kind not in _TEXTS and not whole["kind"]:
        name = whole["raw"] or whole["name"]
        _render(template, variables, "text")  # for its errors
        return _look_up(name, variables)
    ssml = kind == "text" and is_ssml(template)
    return _render(template, variables, "ssml" if ssml else "text")


def _render_address(template: str, variables: Mapping[str, Any]) -> str:
    first = _TAG.match(template)
    start = first.end() if first and not first["kind"] else 0
    query = _query_start(template, start)
    return (
        _render(template[:start], variables, "text")
        + _render(template[start:query], variables, _PATH)
        + _render(template[query:], variables, "url")
    )


def _query_start(template: str, start: int) -> int:
    bare = _TAG.sub(lambda tag: " " * len(tag.group()), template)
    place = bare.find("?", start)
    return len(template) if place < 0 else place


def _render(template: str, variables: Mapping[str, Any], destination: str) -> str:
    from pystache import Renderer
    from pystache.common import PystacheError
    from pystache.context import KeyNotFoundError
    from pystache.parser import ParsingError, parse

    class Plain(Renderer):  # type: ignore[misc]
        def str_coerce(self, value: Any) -> str:
            return _as_text(value)

    if not isinstance(template, str) or not isinstance(variables, Mapping):
        raise TemplateError(
            "A template is a text, and its variables are a dict.",
            'For example: render("Hello {{name}}", {"name": "Ada"}).',
            template=template,
        )
    _look_over(template)
    try:
        # Only this finds a section that is opened and never closed.
        parse(template, raise_on_mismatch=True)
        plain = Plain(escape=_ALL[destination], missing_tags="strict", partials={})
        return str(plain.render(template, dict(variables)))
    except KeyNotFoundError as problem:
        known = ", ".join(_names(variables)) or "none"
        raise TemplateError(
            f"The template names {problem.key}, which is not among the variables.",
            f"Known are: {known}.",
            template=template,
        ) from None
    except (PystacheError, ParsingError, IndexError, TypeError) as problem:
        raise TemplateError(
            f"The template {shown(template)} is malformed: {problem}.",
            "Each {{#x}} needs its {{/x}}.",
            template=template,
        ) from None


def _look_over(template: str) -> None:
    """What Mustache itself lets pass in silence: an open ``{{``, an empty name, a partial."""
    rest = _TAG.sub("", template)
    if "{{" in rest:
        raise TemplateError(
            f"The template {shown(template)} is malformed: a placeholder is empty or not closed.",
            "Write it like {{number}}.",
            template=template,
        )
    if any(tag["kind"] == ">" for tag in _TAG.finditer(template)):
        raise TemplateError(
            f"The template {shown(template)} includes another one with {{{{>…}}}}.",
            "Render that one first, and pass the text on as a variable.",
            template=template,
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, list, dict)) else str(value)


def _look_up(name: str, variables: Mapping[str, Any]) -> Any:
    value: Any = variables
    for part in name.split("."):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return value


def _names(variables: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in variables.items():
        if isinstance(value, Mapping) and value:
            yield from _names(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"

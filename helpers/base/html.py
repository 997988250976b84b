"""HTML made of Python calls: what is not made here is text, and is escaped. No tag is written by hand elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

_VOID = frozenset({"input", "img", "br", "hr"})

Inside = Any  # a text, Html, None, or any nesting of lists of these


class Html(str):
    """HTML that can be put into a page as it is."""

    __slots__ = ()


def tag(name: str, *inside: Inside, **attributes: Any) -> Html:
    """An element. ``class_`` is ``class``, ``aria_label`` is ``aria-label``; ``None`` and ``False`` are left out.

    >>> tag("b", "1 < 2", title='"')
    '<b title="&quot;">1 &lt; 2</b>'
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{said}>")
    # The first line break in a text area would be swallowed.
    begin = "\n" if name in ("textarea", "pre") else ""
    return Html(f"<{name}{said}>{begin}{join(inside)}</{name}>")


def words(text: str) -> Html:
    """A text whose lines stay, in letters of one width. JupyterLab would break it inside words; here long ones only."""
    return tag("pre", text, style="white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere")


def join(inside: Iterable[Inside]) -> Html:
    """Everything one after the other, texts escaped."""
    return Html("".join(map(_piece, inside)))


def trusted(html: str) -> Html:
    """HTML of another part of the kit, which has escaped its values already."""
    return Html(plain(html))


def button(label: Inside, do: str, *, hint: str = "", off: bool = False, **more: Any) -> Html:
    """A button that sends ``do`` with ``args``. ``hint`` is what a screen reader says, and a tip for the mouse.

    One that is off keeps the focus, or the keyboard would fall out of the builder when the last step is undone.
    """
    args = more.pop("args", None)
    more.setdefault("title", hint or None)
    return tag(
        "button",
        label,
        type="button",
        data_do=do,
        data_args=json.dumps(args) if args else None,
        aria_label=hint or None,
        aria_disabled="true" if off else None,
        **more,
    )


def plain(text: str) -> str:
    """Text that can be sent to a browser: half characters, which no UTF-8 has, are written as they are escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _piece(one: Inside) -> str:
    if one is None or one is False:
        return ""
    if isinstance(one, Html):
        return str(one)
    if isinstance(one, (list, tuple)):
        return join(one)
    return escape(plain(str(one)))


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(plain(str(value)))}"'

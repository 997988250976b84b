"""The fields of one node of the palette, as what they were meant to be: texts, numbers, flags, addresses, JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from ..base.text import one_line
from .findings import Findings
from .graph import Node

_BARE = re.compile(r"([:\[,]\s*)(\{\{\{[^{}\"]+\}\}\}|\{\{[^{}\"]+\}\})(\s*(?=[,\]}]))")


class Fields:
    """Reads a node's fields, and notes what the palette would have made of them."""

    def __init__(self, node: Node, findings: Findings) -> None:
        self.node = node
        self._findings = findings

    def fault(self, name: str, text: str = "") -> None:
        self._findings.fault(self.node.label, name, text)

    def remark(self, text: str) -> None:
        self._findings.remark(self.node.label, text)

    def text(self, name: str) -> str:
        """A field with ``{}`` after its label: a text that may hold placeholders. Empty if it is not there."""
        if name not in self.node.props:
            self.fault("missing-field-of-older-flow", f"This flow has no field {name} here; it counts as empty.")
        return self.plain(name)

    def plain(self, name: str) -> str:
        """Any other text."""
        value = self.node.props.get(name)
        if value is None or isinstance(value, bool):
            return ""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "{{" in text:
            self.fault("html-escaped-mustache")
        return text

    def number(self, name: str, label: str = "") -> Any:
        """A number, ``None`` if the field is empty; what is neither a number nor a placeholder stays as it is."""
        value = self.node.props.get(name)
        if value is None or isinstance(value, bool) or value == "":
            return None
        if isinstance(value, (int, float)):
            return value
        text = str(value).strip()
        number = number_in(text)
        if number is None:
            if "{{" in text:
                self.fault("html-escaped-mustache")
            return text
        words = f'{label or name}: the palette sends the text "{one_line(text, 20)}"; here it is {number}.'
        self.fault("unchecked-values", words)
        return number

    def flag(self, name: str) -> bool | None:
        """A tick; ``None`` if the dialog was never opened."""
        value = self.node.props.get(name)
        if isinstance(value, str):
            return value.strip().lower() in ("true", "on", "1", "yes") if value.strip() else None
        return bool(value) if value is not None else None

    def method(self, name: str = "eventmethod") -> str:
        """``"GET"``, ``"POST"`` or ``""``."""
        value = str(self.node.props.get(name) or "").strip().upper()
        return value if value in ("GET", "POST") else ""

    def json(self, name: str, what: str) -> Any:
        """The JSON in a field, placeholders kept; ``None`` if it is none."""
        return self.json_in(self.text(name), what)

    def ncco(self, name: str) -> list[dict[str, Any]] | None:
        """The NCCO in a field; ``None`` if it is none."""
        data = self.json(name, "The NCCO")
        actions = [one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict)]
        if data is not None and (not actions or (isinstance(data, list) and len(actions) < len(data))):
            self.remark("What is no action in its NCCO was left out.")
        return actions or None

    def json_in(self, text: str, what: str) -> Any:
        """The JSON in a text; ``None`` if it is none."""
        if not text.strip():
            return None
        if "{{" in text:
            self.fault("value-breaks-json")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
        try:
            # {{times}} without quotes is no JSON before it is filled in, but was JSON for the palette afterwards.
            return json.loads(_BARE.sub(r'\1"\2"\3', text))
        except (ValueError, RecursionError):
            self.remark(f"{what} is no JSON, so it was left out: {one_line(text, 60)}")
            self.fault("error-leaves-caller-waiting")
            return None


def number_in(text: str) -> int | float | None:
    """The number that a text writes, or ``None``."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if re.fullmatch(r"-?\d{0,18}\.\d{1,18}", text):
        value = float(text)
        return int(value) if value.is_integer() else value
    return None

"""The fields of one node of the palette, as what they were meant to be: texts, numbers, ticks, addresses, JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from ..base.text import one_line
from ..ncco.models.tidying import number_in
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
        if re.fullmatch(r"\$\{\S+\}", text):  # Node-RED fills it in only if it is the whole field
            self.remark(f"{one_line(text, 60)} is an environment variable: write its value there, and import it again.")
        return text

    def number(self, name: str, label: str = "") -> Any:
        """A number, ``None`` if the field is empty; what is neither a number nor a placeholder stays as it is."""
        value = self.node.props.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        text = self.plain(name).strip()
        number = number_in(text)
        if number is None:
            return text or None
        words = f'{label or name}: the palette sends the text "{one_line(text, 20)}"; here it is {number}.'
        self.fault("unchecked-values", words)
        return number

    def tick(self, name: str) -> bool | None:
        """``True`` if it is ticked, otherwise ``None``."""
        return str(self.node.props.get(name)).strip().lower() in ("true", "on", "1", "yes") or None

    def event_method(self) -> str:
        """``"GET"`` or ``"POST"``; a note if there is no address that it belongs to."""
        if str(self.node.props.get("eventmethod")).strip().upper() != "GET":
            return "POST"
        if not self.node.props.get("eventurl"):
            words = "GET was chosen, but there is no address it belongs to: left out."
            self.fault("webhook-method-mismatch", words)
        return "GET"

    def ncco(self, name: str) -> list[dict[str, Any]] | None:
        """The NCCO in a field; ``None`` if there is none."""
        data = self.json(name, "The NCCO")
        given = data if isinstance(data, list) else [data]
        actions = [one for one in given if isinstance(one, dict)]
        if data is not None and (not actions or len(actions) < len(given)):
            self.remark("What is not an action in its NCCO was left out.")
        return actions or None

    def json(self, name: str, what: str) -> Any:
        """The JSON in a field, placeholders kept; ``None`` if there is none."""
        text = self.text(name)
        if "{{" in text:
            self.fault("value-breaks-json")
        # {{times}} without quotes is not JSON before it is filled in, but was JSON for the palette afterwards.
        for one in (text, _BARE.sub(r'\1"\2"\3', text)) if text.strip() else ():
            try:
                return json.loads(one)
            except (ValueError, RecursionError):
                pass
        if text.strip():
            self.remark(f"{what} cannot be read as JSON, so it was left out: {one_line(text, 60)}")
            self.fault("error-leaves-caller-waiting")
        return None

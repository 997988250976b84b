"""What fills the placeholders of an NCCO in while it is built: data that was given, was typed, or is made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...ncco.editing.draft import Draft
from ...ncco.jsontext import from_json
from ...ncco.texts.texts import as_json
from .state import State


class Sample:
    """The data: ``given`` from Python, such as that of a recorded call; else made up, until somebody edits it."""

    def __init__(self) -> None:
        self.given: Mapping[str, Any] | None = None
        self._typed: str | None = None
        self._data: Mapping[str, Any] | None = None

    def give(self, data: Mapping[str, Any] | None, state: State) -> None:
        """Use this data from now on; ``None`` makes it up."""
        self.given, self._data = data, None
        state.values.pop("sample", None)

    def fill(self, draft: Draft, state: State) -> list[str]:
        """Give the draft the data that its checks need, and return the placeholders in it; none need none."""
        if not any(map(has_placeholder, draft.items)):
            draft.variables = None
            return []
        from ...ncco.templates.templates import placeholders

        text = state.value("sample")
        if not text or self._data is None:
            self._data = self.given if self.given is not None else self._made_up(draft)
            text = state.values["sample"] = as_json(dict(self._data))
        elif text != self._typed:
            self._read(text, state)
        self._typed = text
        draft.variables = self._data
        return list(placeholders(draft.to_list()))

    def _made_up(self, draft: Draft) -> Mapping[str, Any]:
        from ...ncco.templates.sample import sample_data

        return dict(sample_data(draft.to_list()))

    def _read(self, text: str, state: State) -> None:
        """Take over what was typed, if it can be read: until then the data stays as it was."""
        data, found = from_json(text)
        state.sample_problem = ""
        if isinstance(data, dict):
            self._data = data
        else:
            said = found[0] if found else None
            state.sample_problem = (
                f"{said.message} {said.cure}" if said else 'Write an object, such as {"name": "Ada"}.'
            )


def has_placeholder(value: Any) -> bool:
    """Is there a ``{{`` in one of its texts?"""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, dict):
        return any(map(has_placeholder, value)) or any(map(has_placeholder, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_placeholder, value))

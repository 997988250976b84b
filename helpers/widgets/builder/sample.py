"""What fills the placeholders of an NCCO in while it is built: data that was given, was typed, or is made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...calls.record import TOLD, Entry, Record
from ...ncco.editing.draft import Draft
from ...ncco.jsontext import from_json
from ...ncco.templates.preview import message_of, sample_data
from ...ncco.texts.texts import as_json
from .state import State

ASKS = ("answer", "fallback", "input")  # webhooks that tell of the call itself, and whose reply is an NCCO


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


def data_of(call: Record) -> dict[str, Any]:
    """What a recorded call brought, in the shape of :func:`sample_data`. ``call``: what ``kit.wait_for`` returns.

    ``msg.call`` joins what the answer webhook was told with the last ``input`` event (``dtmf.digits``,
    ``speech.results.0.text``) and with the queries of the two addresses. A call that was placed with an NCCO has no
    answer webhook: then it is what is known of the leg. Each time it is a new dict.
    """
    known = {"to": call.to, "from": call.from_, "conversation_uuid": call.conversation, "uuid": call.leg}
    told: dict[str, Any] = {**known, "endpoint_type": str(call.fact("type") or "phone")}
    request: dict[str, Any] = {"method": "", "query": {}, "body": {}}
    for sent in call.entries("webhook", leg=call.leg):
        if sent["type"] in ASKS:
            request = _request(sent)
            told |= request["query"] | request["body"]
    told_of = [e["payload"] for e in call.entries("webhook", attempt=1) if e["type"] in TOLD]
    person = call.from_ if call.direction == "inbound" else call.to
    return message_of(person, told, request, told_of[-1] if told_of else {})


def _request(sent: Entry) -> dict[str, Any]:
    """A webhook as a server sees it: the payload is the body, and with GET it is a part of the query."""
    query = dict(parse_qsl(urlsplit(sent["url"]).query, keep_blank_values=True))
    if sent["method"] == "GET":
        return {"method": "GET", "query": query | sent["payload"], "body": {}}
    return {"method": sent["method"], "query": query, "body": sent["payload"]}

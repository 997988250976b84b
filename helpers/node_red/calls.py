"""``createcall`` nodes as the arguments of ``kit.vonage.create_call``, templates kept until they are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import KitError
from ..ncco.templates.templates import render_call
from .actions import endpoint_of
from .addresses import Addresses, fitted
from .fields import Fields
from .findings import Findings
from .graph import Node
from .messages import Variables, union_of


@dataclass(frozen=True)
class ImportedCall:
    """A call that a flow would place. ``fields``: arguments of ``create_call``, with ``{{…}}`` where a value goes.

    ``variables``: the constants that reach the node, such as ``{"msg": {"payload": 447700900001}}``.
    """

    name: str
    where: str
    fields: Mapping[str, Any]
    variables: Variables = field(default_factory=dict)

    def parameters(self, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The arguments, filled in: ``kit.vonage.create_call(**call.parameters())``.

        ``variables`` come on top of the flow's own: ``{"msg": {"payload": "447700900001"}}``. Raises
        :class:`helpers.ncco.TemplateError` if a template names something that neither has.
        """
        if variables is not None and not isinstance(variables, Mapping):
            cure = 'Write for example {"msg": {"payload": "447700900001"}}.'
            raise KitError(f"{variables!r} are no variables.", cure)
        return render_call(self.fields, union_of(self.variables, variables or {}))


def call_fields(caller: Node, ncco: list[Any], addresses: Addresses, findings: Findings) -> dict[str, Any]:
    """The arguments that a ``createcall`` node stands for. ``ncco``: what the nodes before it built."""
    fields, node = Fields(caller, findings), caller.label
    made: dict[str, Any] = {
        "to": [endpoint_of(fields, whisper=False)],
        "from_": _caller(fields.text("from")),
        **_answer(fields, ncco, addresses),
        "ringing_timer": _timer(fields, "ringingtimer"),
        "length_timer": _timer(fields, "lengthtimer"),
        "machine_detection": fields.plain("machinedetection"),
    }
    url, method = fields.text("eventurl"), fields.method()
    if url:
        method = fitted(url, method or "POST", addresses, findings, node)
        made |= {"event_url": [url], "event_method": None if method == "POST" else method}
    elif method == "GET":
        fields.fault("webhook-method-mismatch", "GET was chosen, but there is no address it belongs to: left out.")
    given = {name: value for name, value in made.items() if value not in (None, "")}
    return dict(addresses.in_value(given, node))


def _caller(number: str) -> Any:
    return {"type": "phone", "number": number} if number else None


def _timer(fields: Fields, name: str) -> Any:
    fields.text(name)  # a templated field, which an older flow may lack
    return fields.number(name)


def _answer(fields: Fields, ncco: list[Any], addresses: Addresses) -> dict[str, Any]:
    kind = fields.plain("answertype") or "url"  # the palette's own default
    if kind == "fixed":
        if not ncco:
            fields.remark("It sends msg.ncco, and no action node stands before it: give an NCCO yourself.")
        return {"ncco": ncco or None}
    if kind == "json":
        return {"ncco": fields.ncco("answer")}
    url = fields.text("answer")
    if not url:
        fields.remark("It has no answer URL: give answer_url or ncco yourself.")
        return {}
    method = addresses.fitting(url, "GET")  # what Vonage uses unless it is told otherwise
    if method != "GET":
        fields.fault("webhook-method-mismatch", f"GET would be sent, and the flow's route takes {method}.")
    return {"answer_url": [url], "answer_method": None if method == "GET" else method}

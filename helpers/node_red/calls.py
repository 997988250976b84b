"""``createcall`` nodes as the arguments of ``kit.vonage.create_call``, templates kept until they are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..ncco.templates.templates import render_call
from .actions import endpoint_of, given
from .addresses import Addresses
from .fields import Fields
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
        return render_call(self.fields, union_of(self.variables, variables or {}))


def call_fields(fields: Fields, ncco: list[Any], addresses: Addresses) -> dict[str, Any]:
    """The arguments that a ``createcall`` node stands for. ``ncco``: what the nodes before it built."""
    caller, url, method = fields.text("from"), fields.text("eventurl"), fields.event_method()
    method = addresses.method_for(url, method, fields.node.label) if url else ""
    for name in ("ringingtimer", "lengthtimer"):
        fields.text(name)  # a templated field, which an older flow may lack
    made = {
        "to": [endpoint_of(fields, whisper=False)],
        "from_": caller and {"type": "phone", "number": caller},
        **_answer(fields, ncco, addresses),
        "ringing_timer": fields.number("ringingtimer"),
        "length_timer": fields.number("lengthtimer"),
        "machine_detection": fields.plain("machinedetection"),
        "event_url": url and [url],
        "event_method": "" if method == "POST" else method,
    }
    return dict(addresses.in_value(given(made), fields.node.label))


def _answer(fields: Fields, ncco: list[Any], addresses: Addresses) -> dict[str, Any]:
    kind = fields.plain("answertype")
    if kind == "fixed":
        if not ncco:
            fields.remark("It sends msg.ncco, and no action node stands before it: give an NCCO yourself.")
        return {"ncco": ncco or None}
    if kind == "json":
        return {"ncco": fields.ncco("answer")}
    url = fields.text("answer")  # the palette's own default
    if not url:
        fields.remark("It has no answer URL: give answer_url or ncco yourself.")
        return {}
    method = addresses.method_for(url, "GET", fields.node.label, usual="GET")
    return {"answer_url": [url], "answer_method": None if method == "GET" else method}

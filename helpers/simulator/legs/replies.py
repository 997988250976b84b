"""What a webhook replies to an event: as a rule nothing, or an NCCO that replaces the running one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...ncco import Ncco
from ..account.applications import Webhook
from ..webhooks.callbacks import NotAnNcco, Reply, ncco_of, why_not_json

if TYPE_CHECKING:
    from .leg import Leg
    from .network import Network

Replacement = tuple[Ncco, str]  # a new NCCO, and where it came from


async def reply_to(
    network: Network, leg: Leg, kind: str, event: dict[str, Any], hook: Webhook | None
) -> Replacement | None:
    """Send an event whose reply may be an NCCO: to ``hook``, then to the fallback. None: there is no new NCCO."""
    reply = await network.callbacks.deliver(leg, kind, event, hook, ncco=True)
    if hook is None or reply is None:
        return None
    if not reply.ok and leg.fallback:
        reply = await network.callbacks.fall_back(leg, reply, hook.url, "event", event)
    if not reply.ok:
        network.error(leg, f"The {kind} webhook failed: {reply.error}.", "The call goes on with the old NCCO.")
        return None
    return _replacement(network, leg, kind, reply, hook.url)


def _replacement(network: Network, leg: Leg, kind: str, reply: Reply, url: str) -> Replacement | None:
    """The NCCO in a reply; an empty reply, or one that is no JSON array, means: go on."""
    actions = None if why_not_json(reply) else json.loads(reply.body)
    if not isinstance(actions, list) or not actions:
        return None
    try:
        return ncco_of(reply, url), kind
    except NotAnNcco as failure:
        network.error(leg, failure.reason, failure.advice)
        return None

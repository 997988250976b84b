"""The actions that bring people together, and what moves a call: conversation, connect, transfer."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from ...calls.statuses import FAILURES
from ...ncco import Connect, Conversation, Ncco, Transfer
from ..account.applications import Webhook
from ..errors import ApiError
from ..timeouts import ANSWER_TIMEOUT
from ..waiting import first_of, forever, until
from ..webhooks import payloads
from ..webhooks.audio_fetcher import SoundError
from ..webhooks.callbacks import NotAnNcco, Replacement, ncco_of
from .conversations import MOST_MEMBERS, Terms
from .conversations import Conversation as Room
from .detection import detection_of
from .leg import Leg
from .prompts import Skip

if TYPE_CHECKING:
    from .network import Network
    from .runner import Runner

# Legs that connect actions make one out of another: an onAnswer NCCO may connect again. Vonage tells no figure.
MOST_LINKS = 20


def move(network: Network, leg: Leg, room: Room, terms: Terms | None = None) -> None:
    """Bring a leg into another conversation. The ``transfer`` event says from where to where."""
    before = leg.conversation
    network.conversations.enter(leg, room, terms)
    if leg.conversation != before:
        network.note(leg, "transfer", from_conversation=before, to_conversation=room.uuid)
        network.callbacks.event(leg, payloads.transfer_event(leg, before, network.clock), kind="transfer")


# conversation


async def conversation(run: Runner, action: Conversation) -> None:
    """Be in a named conversation until it ends or the person hangs up."""
    network, leg = run.network, run.leg
    room = network.conversations.named(leg, action.name)
    if len(room.members) >= MOST_MEMBERS and leg.uuid not in room.members:
        reason = f"The conversation {action.name} is full: {MOST_MEMBERS} legs are in it."
        network.error(leg, reason, "Use a second conversation.")
        raise Skip(reason)
    if action.record:
        network.recordings.of_conversation(room, leg, action)
    terms = Terms(_legs(action.canHear), _legs(action.canSpeak), action.mute, action.startOnEnter, action.endOnExit)
    move(network, leg, room, terms)
    end_for_all = partial(_end_for_all, room)
    if action.endOnExit:
        leg.at_end.append(end_for_all)
    try:
        while True:
            await _until_it_starts_or_stops(run, room, action.musicOnHoldUrl)
    finally:
        if action.endOnExit and leg.ending is None:  # a moderator who is transferred away has not hung up
            leg.at_end.remove(end_for_all)


async def _until_it_starts_or_stops(run: Runner, room: Room, music: list[str] | None) -> None:
    """Be there while the conversation goes on, or wait for it with music."""
    started = room.started
    changes = until(lambda: room.started != started, room.changed.next)
    if started or not music:
        await changes
    else:
        await first_of(changes, _loop(run.network, run.leg, "hold", music[0]))


async def _loop(network: Network, leg: Leg, source: str, url: str) -> None:
    """Play a file again and again; without it, silence and an error event."""
    try:
        sound = await network.sounds.get(leg, url)
    except SoundError as error:
        network.unplayable(leg, url, error)
    else:
        with network.sounding(leg, source, sound, 0.0, 0, url=url):
            await forever()
    await forever()


def _end_for_all(room: Room) -> None:
    """The moderator has left (endOnExit): everybody's call ends."""
    for member in list(room.members.values()):
        member.hang_up("the conversation ended: endOnExit", by="platform")


def _legs(uuids: list[str] | None) -> frozenset[str] | None:
    return None if uuids is None else frozenset(uuids)


# transfer


async def transfer(run: Runner, action: Transfer) -> None:
    """Move every leg of this call into a conversation that exists; nothing after it runs."""
    network, leg = run.network, run.leg
    room = network.conversations.by_uuid.get(action.conversationId)
    if room is None or room.application_id != leg.application_id:
        reason = f"There is no conversation {action.conversationId}."
        network.error(leg, reason, "Use the conversation_uuid of a call of this application that goes on.")
        raise Skip(reason)
    terms = Terms(_legs(action.canHear), _legs(action.canSpeak), action.mute)
    for member in list(leg.room.members.values()) if leg.room else [leg]:
        move(network, member, room, terms)
    await until(lambda: leg.over, leg.moved.next)


def go_on_with(network: Network, leg: Leg, ncco: Ncco, source: str) -> None:
    """Carry out another NCCO from now on, in a conversation of the leg's own (``PUT`` transfer)."""

    async def program() -> None:
        move(network, leg, network.conversations.fresh(leg))
        await network.carry_out(leg, ncco, source)

    leg.replace_program(program)


async def fetch_and_go_on(network: Network, leg: Leg, url: str) -> None:
    """The same with an NCCO from a URL. When there is none to be had, the call goes on as before."""
    hook = Webhook(url, "GET", socket_timeout=ANSWER_TIMEOUT)
    parameters = payloads.answer_parameters(leg, network.region_url_of(leg))
    reply = await network.callbacks.send(leg, "transfer", hook, parameters, ncco=True)
    try:
        ncco = ncco_of(reply, url)
    except NotAnNcco as failure:
        network.error(leg, failure.reason, f"{failure.advice} The call goes on with the old NCCO.")
        return
    go_on_with(network, leg, ncco, "transfer")


# connect


async def connect(run: Runner, action: Connect) -> Replacement | None:
    """Call somebody else, and be together until one of the two hangs up."""
    network, leg = run.network, run.leg
    if _links(leg) >= MOST_LINKS:
        reason = f"This leg is the last of {MOST_LINKS} that connect actions made one after another."
        network.error(leg, reason, "An onAnswer NCCO that connects to the next leg with itself would go on forever.")
        raise Skip(reason)
    try:
        network.faults.count_request("calls")  # connect counts against the calls per second
    except ApiError:
        reason = "Rate limit: too many calls in one second."
        network.error(leg, reason, "Three calls a second, those of connect among them; nothing is queued.")
        raise Skip(reason) from None
    callee = _callee(run, action)
    if action.eventType == "synchronous":
        callee.reply = asyncio.get_running_loop().create_future()
    ringback = action.ringbackTone or callee.options.get("onAnswer", {}).get("ringbackTone")
    ringback = ringback or callee.options.get("onAnswer", {}).get("ringback")
    network.place(callee)
    room = leg.room
    try:
        together = until(lambda: callee.room is not None or callee.over, callee.moved.next)
        await first_of(together, _loop(network, leg, "ringback", ringback) if ringback else forever())
        await until(lambda: callee.over or callee.room is not room, callee.moved.next)
    finally:
        if leg.ending is not None or callee.room is None:  # a caller who is transferred leaves the other one behind
            callee.hang_up("the other side is gone", by="platform")
        if leg.ending is not None and callee.life is not None:
            await asyncio.wait([callee.life])  # the other leg's last event comes first (support article 360057200092)
    told = callee.reply is not None and (callee.reply.done() or set(FAILURES) & set(callee.history))
    return await callee.reply if callee.reply is not None and told else None


def _links(leg: Leg) -> int:
    """How many connect actions led to this leg, through numbers of this network, too."""
    before = leg.far if leg.direction == "inbound" else leg.parent
    return 0 if before is None else (leg.parent is not None) + _links(before)


def _callee(run: Runner, action: Connect) -> Leg:
    """The leg that connect asks for."""
    network, leg = run.network, run.leg
    endpoint: dict[str, Any] = action.endpoint[0].to_dict()
    if endpoint["type"] == "sip" and "uri" not in endpoint:
        endpoint["uri"] = f"sip:{endpoint['user']}@{endpoint['domain']}"
    advanced = action.advancedMachineDetection
    return Leg(
        uuid=network.ids.uuid(),
        conversation=leg.conversation,
        direction="outbound",
        from_=_caller(run, action, endpoint),
        to=endpoint[payloads.ENDPOINTS[endpoint["type"]]],
        endpoint=endpoint["type"],
        application_id=leg.application_id,
        created_at=network.clock.now,
        event=Webhook(action.eventUrl[0], action.eventMethod) if action.eventUrl else leg.event,
        fallback=leg.fallback,
        ringing_timer=action.timeout,
        length_timer=action.limit,
        region=leg.region,
        headers=dict(endpoint.get("headers") or {}),
        options=endpoint,
        detection=detection_of(action.machineDetection, advanced.to_dict() if advanced else None),
        parent=leg,
    )


def _caller(run: Runner, action: Connect, endpoint: dict[str, Any]) -> str:
    if action.from_:
        return action.from_
    if action.randomFromNumber:
        destination = str(endpoint.get("number", ""))
        return run.network.account.linked_number(run.leg.application_id, destination) or "unknown"
    return run.leg.from_ if run.leg.endpoint == "app" else "unknown"

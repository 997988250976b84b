"""Conversations: who is together, and who hears whom. Every change opens or closes patches between legs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..sound.mixing import Patch
from .leg import Leg, Signal

if TYPE_CHECKING:
    from ..sound.tape import Tape
    from .network import Network

MOST_MEMBERS = 200  # NCCO reference, conversation


@dataclass
class Terms:
    """On what terms a leg is in a conversation. None: everybody; an empty set: nobody."""

    can_hear: frozenset[str] | None = None  # legs this one may hear
    can_speak: frozenset[str] | None = None  # legs that may hear this one
    muted: bool = False
    starts: bool = True  # the conversation starts when this leg enters
    ends: bool = False  # it ends for all when this leg leaves


@dataclass(eq=False, repr=False)
class Conversation:
    """A room on the exchange. Every call has one of its own; a named one brings several calls together."""

    uuid: str
    application_id: str
    name: str | None = None
    started: bool = True
    members: dict[str, Leg] = field(default_factory=dict)
    terms: dict[str, Terms] = field(default_factory=dict)
    empty_since: float = 0.0  # call time
    changed: Signal = field(default_factory=Signal)  # somebody came or went, or it started
    tapes: list[Tape] = field(default_factory=list)  # its recording, if there is one

    @property
    def in_company(self) -> bool:
        return self.name is not None or len(self.members) > 1


class Conversations:
    """All conversations of the exchange, by uuid and by application, region and name."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.by_uuid: dict[str, Conversation] = {}
        self._by_name: dict[tuple[str, str, str], Conversation] = {}

    def own(self, leg: Leg) -> Conversation:
        """The conversation a leg's ``conversation`` names: made when it is not there yet."""
        return self.by_uuid.setdefault(leg.conversation, Conversation(leg.conversation, leg.application_id))

    def fresh(self, leg: Leg) -> Conversation:
        """A new conversation without a name, for a leg to move to."""
        room = Conversation(self._network.ids.conversation(), leg.application_id)
        self.by_uuid[room.uuid] = room
        return room

    def named(self, leg: Leg, name: str) -> Conversation:
        """The conversation with this name. Names belong to an application and a region (NCCO reference)."""
        key = (leg.application_id, leg.region, name)
        if key not in self._by_name or self._is_over(self._by_name[key]):
            room = self._by_name[key] = self.fresh(leg)
            room.name, room.started = name, False
        return self._by_name[key]

    def _is_over(self, room: Conversation) -> bool:
        """True when nobody has been in it for ``conversations_ttl`` hours (Application API 2.4.1)."""
        hours = self._network.account.voice(room.application_id).get("conversations_ttl", 48)
        return not room.members and self._network.clock.now - room.empty_since > hours * 3600

    def clear(self) -> None:
        """Forget all of them."""
        self.by_uuid.clear()
        self._by_name.clear()

    def enter(self, leg: Leg, room: Conversation, terms: Terms | None = None) -> None:
        """Bring a leg into a conversation, out of the one it is in."""
        if leg.room is room:
            room.terms[leg.uuid] = terms or Terms()
            self.repatch(leg)
            return
        if leg.room is not None:
            self.leave(leg)
        terms = terms or Terms()
        leg.room, leg.conversation = room, room.uuid
        if room.uuid not in leg.conversations:
            leg.conversations.append(room.uuid)
        room.members[leg.uuid], room.terms[leg.uuid] = leg, terms
        if room.in_company:
            self._note(leg, room, "joined")
        if terms.starts and not room.started:
            room.started = True
            self._note(leg, room, "started")
            for member in room.members.values():
                self.repatch(member)
        else:
            self.repatch(leg)
        leg.moved.fire()
        room.changed.fire()

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its conversation. One without members, if it has a name, waits to be started again."""
        room = leg.room
        if room is None:
            return
        company = room.in_company
        leg.room = None
        del room.members[leg.uuid]
        room.terms.pop(leg.uuid)
        for source in list(leg.open_patches):
            self._unplug(leg, source)
        for other in room.members.values():
            self._unplug(other, leg.uuid)
        if company:
            self._note(leg, room, "left")
        if not room.members:
            room.empty_since = self._network.clock.now
            if room.name is None:
                self.by_uuid.pop(room.uuid, None)
            else:
                room.started = False
        self._follow(leg, room)
        leg.moved.fire()
        room.changed.fire()

    def repatch(self, leg: Leg) -> None:
        """Open and close the patches between a leg and the others, as everybody's terms now are."""
        if leg.room is None:
            self._follow(leg, None)
            return
        for other in leg.room.members.values():
            if other is not leg:
                for source, ear in ((leg, other), (other, leg)):
                    if self._hears(leg.room, source, ear):
                        self._plug(ear, source)
                    else:
                        self._unplug(ear, source.uuid)
        self._follow(leg, leg.room)

    def pass_key(self, leg: Leg, digit: str) -> None:
        """Tell those who hear this leg, and want to know (websockets), that it pressed a key."""
        for other in leg.room.members.values() if leg.room else ():
            if other.on_key is not None and leg.uuid in other.open_patches:
                other.on_key(digit)

    def _follow(self, leg: Leg, room: Conversation | None) -> None:
        """Let the recordings know that somebody came, went, or is heard no longer."""
        legs = [leg, *(room.members.values() if room else ())]
        for taken in [*(tape for one in legs for tape in one.tapes), *(room.tapes if room else ())]:
            taken.follow()

    def _hears(self, room: Conversation, source: Leg, ear: Leg) -> bool:
        """True if ``ear`` may hear what ``source`` says."""
        says, listens = room.terms[source.uuid], room.terms[ear.uuid]
        return (
            room.started
            and not (source.muted or says.muted or ear.earmuffed)
            and (says.can_speak is None or ear.uuid in says.can_speak)
            and (listens.can_hear is None or source.uuid in listens.can_hear)
        )

    def _plug(self, ear: Leg, source: Leg) -> None:
        if source.uuid not in ear.open_patches:
            patch = ear.open_patches[source.uuid] = Patch(source, self._network.clock.now)
            ear.patches.append(patch)
            ear.hears.fire()

    def _unplug(self, ear: Leg, source: str) -> None:
        if patch := ear.open_patches.pop(source, None):
            patch.end = self._network.clock.now
            ear.hears.fire()

    def _note(self, leg: Leg, room: Conversation, state: str) -> None:
        self._network.note(leg, "conversation", state=state, name=room.name, members=len(room.members))

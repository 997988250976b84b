"""What stands in for the world in a rehearsal: sounds of the kit, a collector of webhooks, phones that answer.

Loopback is real: the learner's own server is asked. Everything else is out of reach on purpose, in live mode too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..base.hosts import host_of, parts_of
from ..calls.trace import Trace
from ..server.sound_files import AUDIO_TYPES, audio_files
from ..settings.project import audio
from ..simulator.account.account import Account
from ..simulator.ids import Ids
from ..simulator.legs.network import Network
from ..simulator.phones.handsets import Handset
from ..simulator.phones.person import kit_sound
from ..simulator.phones.scripts import file_name
from ..simulator.webhooks.audio_fetcher import Sounds
from ..simulator.webhooks.callbacks import Callbacks, Reply
from ..simulator.webhooks.reach import Reach, is_example

if TYPE_CHECKING:
    from ..simulator.account.applications import Webhook
    from ..simulator.clock import Clock
    from ..simulator.legs.leg import Leg
    from ..simulator.sound.mixing import Sound

PERSON = "447700900011"  # who is called, or calls; not the phone of the lessons, which an NCCO may connect to
NUMBER = "447700900500"  # the rented number; from Ofcom's range for fiction, as every number here
# Where an application of the learner's would have its webhooks. example.com is nobody's, so nothing is ever sent.
ANSWER_URL = "https://example.com/answer"
EVENT_URL = "https://example.com/event"
REGION_URL = "https://api.example.com"  # of recordings; not Vonage's own, which a route of the learner's might ask
STAND_INS = ("hold.mp3", "jingle.mp3")  # for sounds that cannot be reached, one after the other
# What the others do, whom a connect action calls: somebody has to hang up.
GREETING = "Hello, you are through."
STAYS = 10  # seconds
OTHERS: list[dict[str, Any]] = [
    {"do": "wait", "seconds": 1},
    {"do": "say", "text": GREETING, "language": "en-GB"},
    {"do": "wait", "seconds": STAYS},
    {"do": "hang_up"},
]


def is_elsewhere(url: str, reach: Reach) -> bool:
    """True for a web address that cannot be reached from here, and so has a stand-in."""
    return url.lower().startswith(("http://", "https://")) and bool(host_of(url)) and not reach.allows(url)


class Stage(Network):
    """The network of one rehearsal. ``seed`` makes its ids the same on every run; ``first`` shares decoded sounds;
    ``app`` is the address of the web app that answers every webhook, if there is one."""

    def __init__(
        self, clock: Clock, seed: str, ncco: list[dict[str, Any]], first: Stage | None = None, app: str = ""
    ) -> None:
        account = Borrowed(Ids(f"{seed}-account"))
        super().__init__(clock, account, Ids(f"{seed}-calls"), Trace(), Reach(), region_url=REGION_URL)
        self.noted: set[str] = set()
        self.sounds = StandInSounds(self, first.sounds if first else None)
        self.callbacks = Collector(self, ncco, app)
        hooks = {"answer_url": {"address": ANSWER_URL}, "event_url": {"address": EVENT_URL}}
        order = {"name": "rehearsal", "capabilities": {"voice": {"webhooks": hooks}}}
        self.application = str(account.create_application(order, "no key: nobody asks for one", None)["id"])
        account.buy("GB", NUMBER)
        account.update_number("GB", NUMBER, {"app_id": self.application})

    def handset(self, address: str) -> Handset:
        """A phone. Those whom a connect action calls say hello, stay a while and hang up."""
        unknown = address not in self.handsets
        handset = super().handset(address)
        if unknown and address != PERSON:
            handset.configure({"script": OTHERS})
        return handset

    def note_once(self, leg: Leg, text: str) -> None:
        """A remark that would only tire when it is repeated."""
        if text not in self.noted:
            self.noted.add(text)
            self.note(leg, "note", text=text)


class Borrowed(Account):
    """An account in memory in which every number is rented: a rehearsal does not know the learner's own."""

    def number(self, msisdn: str) -> dict[str, Any] | None:
        """A number as it is stored, whichever it is."""
        return super().number(msisdn) or {"msisdn": msisdn, "country": "", "type": "", "features": ["VOICE"]}


class StandInSounds(Sounds):
    """Sounds of this machine as they are; for others the kit's own of that name, or one that is put in their place."""

    def __init__(self, network: Stage, first: Sounds | None) -> None:
        super().__init__(network)
        self._stage = network
        if first is not None:  # what is decoded or spoken is so once for all the calls that run side by side
            self._files, self._texts = first._files, first._texts
        self._chosen: dict[str, str] = {}

    async def get(self, leg: Leg, url: str) -> Sound:
        """The audio behind ``url``, or what stands in for it. Raises SoundError."""
        if not is_elsewhere(url, self._stage.reach):
            return await super().get(leg, url)
        name = self._stand_in(leg, url)
        facts: dict[str, Any] = {"status": 200, "content_type": AUDIO_TYPES[f".{name.rpartition('.')[2]}"]}
        sound = await kit_sound(self._stage, name)
        facts |= {"bytes": (audio() / name).stat().st_size, **sound.facts}
        self._stage.note(leg, "fetch", url=url, **facts, cache="miss", error=None)
        for problem in sound.problems:
            self._stage.note(leg, "note", text=f"{name}: {problem} A real call may stay silent.")
        return sound

    def _stand_in(self, leg: Leg, url: str) -> str:
        own = {name.lower(): name for name in audio_files(audio())}
        if name := own.get(file_name(url).lower()):
            return name
        if url not in self._chosen:
            self._chosen[url] = STAND_INS[len(self._chosen) % len(STAND_INS)]
            text = f"{url} cannot be reached from here: {self._chosen[url]} stands in for it."
            self._stage.note(leg, "note", text=text, stand_in=self._chosen[url], url=url)
        return self._chosen[url]


class Collector(Callbacks):
    """Calls the learner's server on this machine; takes what would go elsewhere, and answers 200 with nothing.

    Where an ``app`` answers, it is asked instead of all of them. The answer URL of an inbound call is answered with the
    NCCO that is rehearsed.
    """

    def __init__(self, network: Stage, ncco: list[dict[str, Any]], app: str = "") -> None:
        super().__init__(network)
        self._stage, self._ncco, self._app = network, json.dumps(ncco), app

    async def _exchange(self, leg: Leg, hook: Webhook, payload: dict[str, Any], number: int) -> Reply:
        if hook is leg.answer and leg.direction == "inbound":
            return Reply(number, 200, "application/json", self._ncco)
        if self._app:
            _, path, query = parts_of(hook.url)
            hook = replace(hook, url=f"{self._app}{path or '/'}{'?' if query else ''}{query}")
        if not is_elsewhere(hook.url, self._stage.reach):
            return await super()._exchange(leg, hook, payload, number)
        # example.com answers so everywhere in this kit; it is a surprise only where an NCCO is needed.
        if not is_example(hook.url) or hook is leg.answer:
            host = host_of(hook.url)
            told = f"{host} cannot be reached from here: its webhooks are collected, and answered with 200 and nothing."
            self._stage.note_once(leg, told)
        return Reply(number, 200)

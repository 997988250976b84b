"""The actions that ask your webhook what to do next: input, for keys and for words, and notify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...ncco import Input, Ncco, Notify
from ...ncco.models.listening import Dtmf, Speech
from ..account.applications import Webhook
from ..waiting import first_of, forever
from ..webhooks import payloads
from .leg import Leg

if TYPE_CHECKING:
    from .network import Network
    from .runner import Runner

NOT_ASKED = {"error": "Speech was not enabled"}  # Vonage's own words (webhook reference)
OVERRIDDEN = {"error": "Speech overridden by DTMF"}  # the kit's words for what the webhook reference describes
# How sure the recogniser is: it knows the text, so this is invented. Words of the context are easier.
CONFIDENCE, CONFIDENCE_IN_CONTEXT = "0.91", "0.97"
NO_WORDS = "Nothing was understood: this network does not recognise speech. It knows only what a phone was told to say."

Keys = dict[str, Any]
Words = dict[str, Any]


async def ask(run: Runner, action: Input) -> tuple[Ncco, str] | None:
    """Collect keys, words or both, tell the webhook, and go on with the NCCO it replies."""
    if action.mode == "asynchronous":
        hook = Webhook(action.eventUrl[0], action.eventMethod) if action.eventUrl else run.leg.event
        subscribe(run.network, run.leg, hook)
        return None
    first_key, first_word = run.barge_in.take()
    keys = Listener(run, action, first_key, first_word)
    pressed, words = await keys.listen()
    run.network.note(run.leg, "input", digits=pressed["digits"], timed_out=pressed["timed_out"], why=keys.why,
                     speech=_text(words))  # fmt: skip
    event = payloads.input_event(run.leg, words, pressed, run.network.clock)
    return await run.ask("input", event, action.eventUrl, action.eventMethod)


async def notify(run: Runner, action: Notify) -> tuple[Ncco, str] | None:
    """Tell the webhook what the NCCO says, and go on with the NCCO it replies."""
    run.network.note(run.leg, "notify", payload=action.payload)
    event = payloads.notify_event(run.leg, action.payload, run.network.clock)
    return await run.ask("notify", event, action.eventUrl, action.eventMethod)


def subscribe(network: Network, leg: Leg, hook: Webhook | None) -> None:
    """Send each key to ``hook`` at once from now on; None ends it. The replies are not NCCOs (the kit's assumption)."""
    running, leg.subscription = leg.subscription is not None, hook
    if hook is not None and not running:
        network.beside(leg, _relay(network, leg))


async def _relay(network: Network, leg: Leg) -> None:
    position = len(leg.keypad.pressed)
    while leg.subscription is not None:
        await leg.keypad.next(position)
        for _, digit in leg.keypad.since(position):
            position += 1
            if leg.subscription is not None:
                pressed = {"digits": digit, "timed_out": False}
                event = payloads.input_event(leg, NOT_ASKED, pressed, network.clock)
                network.spawn(leg, network.callbacks.deliver(leg, "input", event, leg.subscription))


@dataclass
class Listener:
    """One synchronous input: what counts from which key and which word on, and why it ended."""

    run: Runner
    action: Input
    first_key: int
    first_word: int
    why: str = ""

    async def listen(self) -> tuple[Keys, Words]:
        """What was pressed and said. A key makes speech irrelevant; once somebody speaks, keys still do."""
        wants_keys, wants_words = "dtmf" in self.action.type, "speech" in self.action.type
        nothing = {"digits": None, "timed_out": False}
        if not wants_words:
            return await self._keys(), NOT_ASKED
        heard: list[Words] = []

        async def words() -> None:
            heard.append(await self._words())

        key = self.run.leg.keypad.next(self.first_key) if wants_keys else forever()
        if await first_of(key, words()) == 0:
            return await self._keys(), OVERRIDDEN
        if wants_keys and self.why == "start_timeout":
            nothing["timed_out"] = True  # there was time for a key, too
        return nothing, heard[0]

    async def _keys(self) -> Keys:
        """Collect digits until maxDigits, ``#`` with submitOnHash, or timeOut after the last key."""
        rules = self.action.dtmf or Dtmf()
        keypad, clock = self.run.leg.keypad, self.run.network.clock
        last_key = clock.now
        while True:
            digits = "".join(digit for _, digit in keypad.since(self.first_key))
            if rules.submitOnHash and "#" in digits:
                digits, self.why = digits.partition("#")[0], "submit_on_hash"
                break
            if len(digits) >= rules.maxDigits:
                digits, self.why = digits[: rules.maxDigits], "max_digits"
                break
            position = self.first_key + len(digits)
            if await first_of(keypad.next(position), clock.sleep_until(last_key + rules.timeOut)) == 1:
                self.why = "time_out"
                break
            last_key = clock.now
        return {"digits": digits, "timed_out": self.why == "time_out"}

    async def _words(self) -> Words:
        """Listen until silence, ``maxDuration``, or nobody began within ``startTimeout``."""
        rules, network = self.action.speech or Speech(), self.run.network
        speaker = self._speaker(rules)
        since = network.clock.now
        if speaker is self.run.leg and self.first_word < len(speaker.mouth.cues):  # a word that cut a prompt short
            since = speaker.mouth.cues[self.first_word].at
        start = await self._beginning(speaker, since, network.clock.now + rules.startTimeout)
        if start is None:
            self.why = "start_timeout"
            return {"timeout_reason": self.why, "results": []}
        end = await self._end(speaker, start, rules)
        said: Words = {"timeout_reason": self.why, "results": _results(speaker, start, end, rules)}
        if not any(one.at < end and one.ends > start for one in speaker.utterances):
            network.note(speaker, "note", text=NO_WORDS)
        if rules.saveAudio:
            said["recording_url"] = await network.recordings.of_speech(speaker, start, end)
        return said

    def _speaker(self, rules: Speech) -> Leg:
        """The leg to listen to: ``uuid``, if that is with us, else this one."""
        leg = self.run.leg
        members = leg.room.members if leg.room else {}
        return members.get(rules.uuid[0], leg) if rules.uuid else leg

    async def _beginning(self, speaker: Leg, since: float, latest: float) -> float | None:
        """When somebody begins to speak; None when nobody does."""
        clock = self.run.network.clock
        while True:
            start = next((begin for begin, _ in speaker.mouth.loud(since, latest, speech=True)), None)
            if start is not None and start <= clock.now:
                return start
            if clock.now >= latest:
                return None
            await first_of(speaker.voice.next(), clock.sleep_until(latest if start is None else start))

    async def _end(self, speaker: Leg, start: float, rules: Speech) -> float:
        """When the speech is over: ``endOnSilence`` seconds after its last sound, or by ``maxDuration``."""
        clock, longest = self.run.network.clock, start + rules.maxDuration
        while True:
            end = start
            for begin, stop in speaker.mouth.loud(start, longest, speech=True):
                if begin - end >= rules.endOnSilence:
                    break
                end = max(end, stop)
            due = min(end + rules.endOnSilence, longest)
            if clock.now >= due:
                self.why = "max_duration" if due == longest else "end_on_silence_timeout"
                return min(end, longest)
            await first_of(speaker.voice.next(), clock.sleep_until(due))


def _results(speaker: Leg, start: float, end: float, rules: Speech) -> list[dict[str, str]]:
    """What was understood. Of words that were cut off, as many as there was time for; noise is nothing."""
    words: list[str] = []
    for one in speaker.utterances:
        if one.at < end and one.ends > start:
            spoken = one.text.split()
            part = 1.0 if one.ends <= end + 0.5 else (end - one.at) / (one.ends - one.at)
            words += spoken[: round(len(spoken) * part)]
    if not words:
        return []
    text = " ".join(words)
    expected = any(phrase.lower() in text.lower() for phrase in rules.context or [])
    return [{"confidence": CONFIDENCE_IN_CONTEXT if expected else CONFIDENCE, "text": text}]


def _text(words: Words) -> str | None:
    """What was understood, for the trace."""
    return str(words["results"][0]["text"]) if words.get("results") else None

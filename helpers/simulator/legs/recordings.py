"""Recordings: the action record, a recorded conversation, the files they become, and who may have them."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...ncco import Conversation, Ncco, Record
from ...ncco.models.joining import Transcription
from ..account.applications import Webhook
from ..sound import tape, transcripts
from ..sound.tape import Channel, Feed, Tape
from ..sound.tones import beep
from ..waiting import first_of, forever
from ..webhooks import payloads
from .leg import Leg

if TYPE_CHECKING:
    from .conversations import Conversation as Room
    from .network import Network
    from .runner import Runner

KEPT = 30 * 24 * 3600.0  # seconds: "stored for 30 days" (recording guide)
HUNG_UP = "the call ended"


class File(NamedTuple):
    """A finished recording, or its transcript, as it is downloaded; whose it is, and until when."""

    data: bytes
    media_type: str
    application: str
    until: float  # call time


@dataclass(eq=False)
class Recording:
    """One recording that runs, or whose file is being made."""

    leg: Leg  # whose action asked for it
    tape: Tape
    uuid: str
    file: str
    url: str
    conversation: str  # where it began
    form: str = "mp3"
    channels: int = 1
    hook: Webhook | None = None
    transcription: Transcription | None = None
    room: Room | None = None  # it takes down a conversation, not a leg

    def sound(self) -> list[Channel]:
        """What is on the tape, in the channels that were asked for."""
        if self.channels > 1:
            return self.tape.split(self.leg, self.channels)
        return self.tape.mono(None if self.room else self.leg)


class Recordings:
    """All recordings of the exchange by the uuid of their file."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._files: dict[str, File] = {}

    async def file(self, uuid: str, application: str) -> File | None:
        """A file, for the application that made it; None: there is none, or no longer."""
        self._forget_old()
        file = self._files.get(uuid)
        return file if file is not None and file.application == application else None

    def clear(self) -> None:
        """Forget all of them."""
        self._files.clear()

    def of_leg(self, leg: Leg, action: Record) -> Recording:
        """Record a leg from now on, as its action says."""
        channels = (action.channels or 2) if action.split else 1
        form = action.format or "mp3"
        if channels > tape.MOST_STEREO:  # "wav when recording more than 2 channels" (NCCO reference)
            if action.format == "mp3":
                self._network.note(leg, "note", text=f"An MP3 file cannot hold {channels} channels: this one is WAV.")
            form = "ogg" if form == "ogg" else "wav"
        recording = self._begin(leg, tape.of_leg(self._network.clock, leg), action, form, channels)
        leg.tapes.append(recording.tape)
        recording.tape.follow()
        return recording

    def of_conversation(self, room: Room, leg: Leg, action: Conversation) -> None:
        """Record a named conversation, once: from its start, or the leg's entry, until nobody is in it."""
        if not room.tapes:
            room.tapes.append(_RoomTape(self, room, leg, action))

    async def of_speech(self, leg: Leg, begin: float, end: float) -> str:
        """Keep what a leg said (``saveAudio`` of an input); returns the address of the file."""
        uuid, sound = self._network.ids.uuid(), [[Feed(leg.mouth).kept(begin, end)]]
        self._keep(uuid, leg, await self._encoded(leg, sound, begin, end, "wav"))
        return self._url(leg, uuid)

    def finish(self, recording: Recording, at: float, why: str) -> asyncio.Task[None]:
        """End a recording as of ``at``. When the task is done, the file is there and its event has been sent."""
        recording.tape.stop(at)
        if recording.tape in recording.leg.tapes:
            recording.leg.tapes.remove(recording.tape)
        sound = recording.sound()  # now, as the call may go on
        return self._network.spawn(recording.leg, self._deliver(recording, sound, why))

    def _begin(
        self, leg: Leg, taken: Tape, action: Record | Conversation, form: str, channels: int, room: Room | None = None
    ) -> Recording:
        """A recording that starts now."""
        uuid, file = self._network.ids.uuid(), self._network.ids.uuid()
        hook = Webhook(action.eventUrl[0], action.eventMethod) if action.eventUrl else leg.event
        conversation = room.uuid if room else leg.conversation
        recording = Recording(
            leg, taken, uuid, file, self._url(leg, file), conversation, form, channels, hook, action.transcription, room
        )
        self._note(recording, "started", None, None, None)
        return recording

    async def _deliver(self, recording: Recording, sound: list[Channel], why: str) -> None:
        """Make the file, then tell the event URL, which may fetch it at once."""
        network, leg, begin, end = self._network, recording.leg, recording.tape.begin, recording.tape.end
        data = await self._encoded(leg, sound, begin, end, recording.form)
        self._keep(recording.file, leg, data)
        self._note(recording, "finished", round(end - begin, 3), len(data), why)
        event = payloads.recording_event(
            network.clock, recording.conversation, recording.uuid, recording.url, len(data), begin, end
        )
        await network.callbacks.deliver(leg, "record", event, recording.hook)
        if recording.transcription is not None:
            await self._transcribe(recording, sound, recording.transcription)

    async def _transcribe(self, recording: Recording, sound: list[Channel], options: Transcription) -> None:
        network, leg, begin = self._network, recording.leg, recording.tape.begin
        if recording.tape.end - begin > transcripts.LONGEST:
            text = f"The recording is longer than {transcripts.LONGEST} s: it is not transcribed."
            network.note(leg, "note", text=text)
            return
        file = network.ids.uuid()
        written = transcripts.transcript(sound, begin, options.language, recording.uuid)
        self._keep(file, leg, written, transcripts.MEDIA_TYPE)
        event = payloads.transcription_event(recording.conversation, recording.uuid, self._url(leg, file))
        hook = Webhook(options.eventUrl[0], options.eventMethod) if options.eventUrl else recording.hook
        await network.callbacks.deliver(leg, "transcribed", event, hook)

    async def _encoded(self, leg: Leg, sound: list[Channel], begin: float, end: float, form: str) -> bytes:
        given_up = threading.Event()
        try:
            async with self._network.clock.in_flight():
                blocks = tape.blocks(sound, begin, end)
                data, whole = await asyncio.to_thread(tape.encode, blocks, form, len(sound), given_up)
        finally:
            given_up.set()
        if not whole:
            text = f"A recording is {tape.LARGEST / 1e6:g} MB at most here: the end of this one is missing."
            self._network.note(leg, "note", text=text)
        return data

    def _keep(self, uuid: str, leg: Leg, data: bytes, media_type: str = tape.MEDIA_TYPE) -> None:
        self._forget_old()
        self._files[uuid] = File(data, media_type, leg.application_id, self._network.clock.now + KEPT)

    def _forget_old(self) -> None:
        for uuid in [uuid for uuid, kept in self._files.items() if kept.until <= self._network.clock.now]:
            del self._files[uuid]

    def _url(self, leg: Leg, file: str) -> str:
        return f"{self._network.region_url_of(leg)}/v1/files/{file}"

    def _note(self, recording: Recording, state: str, seconds: float | None, size: int | None, why: str | None) -> None:
        self._network.note(
            recording.leg, "recording", state=state, recording_uuid=recording.uuid, url=recording.url,
            format=recording.form, channels=recording.channels, seconds=seconds, size=size, why=why,
        )  # fmt: skip


class _RoomTape(Tape):
    """The tape of a conversation: it starts and ends with it."""

    def __init__(self, recordings: Recordings, room: Room, leg: Leg, action: Conversation) -> None:
        clock = recordings._network.clock
        super().__init__(clock, self._members)
        self._recordings, self._room, self._leg, self._action = recordings, room, leg, action
        self._recording: Recording | None = None

    def _members(self) -> list[Leg]:
        return [leg for leg in self._room.members.values() if not tape.is_muted(leg)]

    def follow(self) -> None:
        room, now = self._room, self._clock.now
        if self._recording is None and room.started and room.members:
            self.begin = now
            self._recording = self._recordings._begin(self._leg, self, self._action, "mp3", 1, room)
        super().follow()
        if not room.members:
            room.tapes.remove(self)
            if self._recording is not None:
                self._recordings.finish(self._recording, now, "nobody is in the conversation any more")


# record


async def record(run: Runner, action: Record) -> tuple[Ncco, str] | None:
    """Record the call: beside what follows until the call ends, or, with an end condition, until that is met."""
    network, leg = run.network, run.leg
    if action.beepStart:
        with network.sounding(leg, "beep", beep(), 0.0, 1) as cue:
            await network.clock.sleep_until(cue.at + cue.sound.seconds)
    recordings = network.recordings
    recording = recordings.of_leg(leg, action)
    if not action.waits:
        leg.at_end.append(lambda: recordings.finish(recording, network.clock.now, HUNG_UP))
        return None
    try:
        at, why = await _end(run, action)
    except asyncio.CancelledError:
        if leg.ending is not None:
            leg.at_end.append(lambda: recordings.finish(recording, network.clock.now, HUNG_UP))
        elif leg.next_program is not None:  # else the exchange is being switched off
            recordings.finish(recording, network.clock.now, "the call was transferred")
        raise
    # A call that ends now must not keep the event back.
    await asyncio.shield(recordings.finish(recording, at, why))
    return None


async def _end(run: Runner, action: Record) -> tuple[float, str]:
    """Wait for an end condition: when it was met, and which."""
    leg, clock = run.leg, run.network.clock
    begin, position = clock.now, len(leg.keypad.pressed)
    conditions = (
        _pressed(leg, action.endOnKey, position) if action.endOnKey is not None else forever(),
        _silence(run, begin, action.endOnSilence) if action.endOnSilence is not None else forever(),
        clock.sleep_until(begin + action.timeOut) if action.timeOut is not None else forever(),
    )
    which = await first_of(*conditions)
    if which == 0:
        at = next(at for at, digit in leg.keypad.since(position) if digit == action.endOnKey)
        return at, f"the key {action.endOnKey} was pressed"
    if which == 1:
        return clock.now, f"{action.endOnSilence:g} s of silence"
    return begin + float(action.timeOut or 0), f"timeOut, {action.timeOut} s"


async def _pressed(leg: Leg, key: str, position: int) -> None:
    while not any(digit == key for _, digit in leg.keypad.since(position)):
        await leg.keypad.next(len(leg.keypad.pressed))


async def _silence(run: Runner, begin: float, seconds: float) -> None:
    """Wait until nothing has been heard of the person for ``seconds``, from the beginning or the last sound on."""
    leg, clock, last = run.leg, run.network.clock, begin
    while True:
        for start, stop in leg.mouth.loud(last, clock.now + seconds):
            if start - last >= seconds:
                break
            last = max(last, stop)
        if clock.now >= last + seconds:
            return
        await first_of(leg.voice.next(), clock.sleep_until(last + seconds))

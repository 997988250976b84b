"""What the person holding a phone does in a call, or the machine that took it: script, keys, words, sounds, beep."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...settings.project import audio
from ..sound.mixing import Cue
from ..sound.tones import beep, dtmf
from ..webhooks.audio_fetcher import PLAYABLE, SoundError
from .handsets import KEY_PAUSE, Handset
from .hearing import Hearing, Wanted

if TYPE_CHECKING:
    from ..legs.leg import Leg
    from ..legs.network import Network
    from ..webhooks.audio_fetcher import SoundFile

BEEP_PAUSE = 0.5  # seconds from the end of a machine's greeting to its beep


async def act(network: Network, leg: Leg, handset: Handset) -> None:
    """Carry out the handset's script; a machine first says its greeting, and beeps."""
    if handset.is_machine and leg.direction == "outbound":
        await _greet(network, leg, handset)
    hearing = Hearing(network, leg)
    for step in list(handset.steps):
        await carry_out(network, leg, hearing, step)


async def carry_out(network: Network, leg: Leg, hearing: Hearing, step: dict[str, Any]) -> None:
    """One step of a script; returns when it is over."""
    do = step["do"]
    if do == "wait":
        await network.clock.sleep(step["seconds"])
        return
    if do == "wait_for":
        await _wait_for(network, leg, hearing, step)
        return
    hearing.begin_anew()
    if do == "press":
        await press(network, leg, step["digits"], pause_first=False)
    elif do == "say":
        await _end_of(network, await network.say(leg, step["text"], language=step.get("language", "en-US")))
    elif do == "play":
        await _end_of(network, await play(network, leg, step))
    else:
        leg.hang_up("the person hung up", by="user")


async def _wait_for(network: Network, leg: Leg, hearing: Hearing, step: dict[str, Any]) -> None:
    wanted, timeout = Wanted(step.get("text"), step.get("sound"), step.get("state", "finished")), step.get("timeout")
    if not await hearing.wait_for(wanted, timeout):
        network.note(leg, "note", text=f"In {timeout:g} s the person did not hear {wanted}; the script goes on.")


async def _end_of(network: Network, cue: Cue | None) -> None:
    if cue is not None and cue.ends is not None:
        await network.clock.sleep_until(cue.ends)


# What comes out of a phone


async def press(network: Network, leg: Leg, digits: str, *, pause_first: bool) -> None:
    """Press keys, one every :data:`KEY_PAUSE` seconds, and no sooner after the key before them."""
    for position, digit in enumerate(digits):
        if position or pause_first:
            await network.clock.sleep(KEY_PAUSE)
        while leg.keypad.pressed and network.clock.now < (due := leg.keypad.pressed[-1][0] + KEY_PAUSE):
            await network.clock.sleep_until(due)
        key(network, leg, digit)


def key(network: Network, leg: Leg, digit: str) -> None:
    """One key: Vonage gets to know it, and the others in the call hear its tone."""
    network.note(leg, "key", digit=digit, by="handset")
    leg.keypad.press(network.clock.now, digit)
    tone = dtmf(digit)
    leg.mouth.start(network.clock.now, tone.through_phone(leg.law) if leg.law else tone).is_tone = True
    leg.speaks()
    network.conversations.pass_key(leg, digit)


async def play(network: Network, leg: Leg, what: dict[str, Any]) -> Cue | None:
    """Hold the phone to a loudspeaker that plays ``what["url"]``, or ``what["file"]`` of the kit's sounds.

    Returns when it has begun. None, and a remark in the record, when it cannot be played: Vonage is not told.
    """
    name = what.get("url") or what["file"]
    try:
        sound = await (network.sounds.get(leg, what["url"]) if "url" in what else kit_sound(network, what["file"]))
    except SoundError as error:
        network.note(leg, "note", text=f"The person cannot play {name}: {error}. {PLAYABLE[:1].upper()}{PLAYABLE[1:]}")
        return None
    return network.utter(leg, sound, url=name)


async def kit_sound(network: Network, name: str) -> SoundFile:
    """One of the kit's own sounds. Raises SoundError."""
    from ...audio.files import AudioError

    try:
        async with network.clock.in_flight():
            data = await asyncio.to_thread((audio() / name).read_bytes)
            return await network.sounds.decoded(data)
    except (OSError, AudioError) as error:
        raise SoundError(str(error)) from None


# A machine


async def _greet(network: Network, leg: Leg, handset: Handset) -> None:
    """Say the greeting and beep. Then the machine records, which nobody hears, until the caller hangs up."""
    cue = await network.say(leg, handset.greeting, source="machine")
    ends = cue.ends or network.clock.now
    if not handset.beep:
        await network.clock.sleep_until(ends)
        return
    await network.clock.sleep_until(ends + BEEP_PAUSE)
    leg.beeped.set()
    await _end_of(network, network.utter(leg, beep(), source="machine"))

"""Key tones and beeps: the right frequencies, loud and long enough, also after a telephone line."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.audio.files import Samples, telephone
from helpers.simulator.sound.tones import beep, dtmf, dtmf_string
from tests.simulator.world import PHONE, World, presses

RATE = 16_000
DIGITS = "123456789*0#"
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # ITU-T Q.23
OTHER = "447700900022"


def goertzel(samples: Samples, hertz: float, rate: int) -> float:
    """How loud one frequency is: the amplitude of a pure tone, full scale 1 (Goertzel's algorithm)."""
    step = 2 * math.cos(2 * math.pi * hertz / rate)
    before = last = 0.0
    for sample in samples.tolist():
        before, last = last, sample + step * last - before
    return 2 * math.sqrt(max(0.0, before**2 + last**2 - step * before * last)) / len(samples)


def key_in(samples: Samples, rate: int) -> str | None:
    """The key whose two tones are in the samples, as a receiver after ITU-T Q.24 decides it; None: no key."""
    row, column = ({one: goertzel(samples, one, rate) for one in tones} for tones in (ROWS, COLUMNS))
    loudest = max(row, key=lambda one: row[one]), max(column, key=lambda one: column[one])
    for group, one in zip((row, column), loudest, strict=True):
        others = [loud for hertz, loud in group.items() if hertz != one]
        if group[one] < 0.01 or max(others) > group[one] / 3:
            return None
    return ("123", "456", "789", "*0#")[ROWS.index(loudest[0])][COLUMNS.index(loudest[1])]


def keys_in(samples: Samples, rate: int) -> list[tuple[float, str]]:
    """Every key in a stretch of sound, with the second in which it begins."""
    frame = rate // 50
    found: list[tuple[float, str]] = []
    held = None
    for begin in range(0, len(samples) - frame, frame):
        key = key_in(samples[begin : begin + frame], rate)
        if key is not None and key != held:
            found.append((begin / rate, key))
        held = key
    return found


@pytest.mark.fidelity("key-tones")
@pytest.mark.parametrize("law", ["a", "mu"])
@pytest.mark.parametrize("digit", list(DIGITS))
def test_each_key_is_recognised_at_the_other_end_of_a_telephone_line(digit: str, law: str) -> None:
    tone = dtmf(digit)
    assert tone.seconds == 0.1
    narrow = telephone(tone.samples, RATE, law=law)
    assert key_in(narrow, 8000) == digit
    for hertz in (ROWS[DIGITS.index(digit) // 3], COLUMNS[DIGITS.index(digit) % 3]):
        assert 20 * math.log10(goertzel(narrow, hertz, 8000)) == pytest.approx(20 * math.log10(0.2), abs=1)


def test_silence_and_noise_are_no_key(noise: Samples) -> None:
    assert key_in(np.zeros(1600, dtype=np.float32), RATE) is None
    assert key_in(noise[:1600], RATE) is None


@pytest.mark.fidelity("key-tones")
def test_several_keys_have_gaps_and_p_is_half_a_second() -> None:
    sound = dtmf_string("1p2#")
    assert sound.seconds == pytest.approx(3 * 0.2 + 0.5)
    assert keys_in(sound.samples, RATE) == [(0.0, "1"), (pytest.approx(0.7), "2"), (pytest.approx(0.9), "#")]
    assert not sound.samples[round(0.1 * RATE) : round(0.7 * RATE)].any()
    assert dtmf_string("").seconds == 0
    assert keys_in(dtmf_string("11").samples, RATE) == [(0.0, "1"), (pytest.approx(0.2), "1")]


@pytest.mark.parametrize("digit", ["p", "A", "", "12"])
def test_what_is_no_key_has_no_tone(digit: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        dtmf(digit)


@pytest.mark.fidelity("beep-tone")
def test_a_beep_is_one_pure_tone_without_clicks() -> None:
    sound = beep(0.3)
    assert sound.seconds == pytest.approx(0.3)
    assert goertzel(sound.samples, 1000, RATE) == pytest.approx(0.2, rel=0.05)
    rest = sound.samples - 0.2 * np.sin(2 * np.pi * 1000 * np.arange(len(sound.samples)) / RATE)
    assert np.abs(rest[160:-160]).max() < 1e-3
    assert np.abs(np.diff(sound.samples)).max() < 0.1
    assert beep().seconds == pytest.approx(0.5)


@pytest.mark.fidelity("keys-audible", "keys-apart")
def test_the_others_hear_the_keys_that_somebody_presses(world: World) -> None:
    world.phone(after=1, script=presses("159*0#", 4))
    world.phone(OTHER, after=1)
    call = world.call({"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": OTHER}]})
    world.advance(10)
    other = world.leg_to(OTHER)
    pressed = world.trace(call, "key")
    assert [one["digit"] for one in pressed] == list("159*0#")
    heard = keys_in(world.heard(other), 8000)
    assert [key for _, key in heard] == list("159*0#")
    for (at, _), one in zip(heard, pressed, strict=True):
        assert at == pytest.approx(one["at"] - world.at(other, "answered"), abs=0.02)
    assert keys_in(world.heard(call), 8000) == []  # a phone does not play its own keys back through the line
    assert world.one(call, "leg")["to"] == PHONE

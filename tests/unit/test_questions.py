"""Questions to a call: sounds found by ear alone, words, digits, silence, length; and every wrong question."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.lib.pretty import pretty

from helpers.audio.files import AudioError, Samples, decode, encode_wav, telephone
from helpers.audio.likeness import Hit, find
from helpers.call import Call
from helpers.calls.answers import QuestionError
from helpers.calls.record import TraceError
from tests.unit import calls

# Each looks for a sound in another.
pytestmark = pytest.mark.slow

AUDIO = Path(__file__).resolve().parents[2] / "audio"
RATE = 8000


def sound(name: str) -> Samples:
    return decode((AUDIO / name).read_bytes(), RATE)


def tone(seconds: float, *hertz: float, loud: float = 0.2) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    swell = np.clip(np.minimum(time, time[::-1]) / 0.005, 0, 1)
    return (loud * swell * sum(np.sin(2 * np.pi * one * time) for one in hertz)).astype(np.float32)


def heard(seconds: float, *sounds: tuple[float, Samples], noise: float = 0.003, law: str = "a") -> Samples:
    """What a telephone hears of sounds that begin at certain seconds, in a quiet hiss."""
    mix = np.random.default_rng(1).normal(0, noise, round(seconds * RATE)).astype(np.float32)
    for at, one in sounds:
        begin = round(at * RATE)
        part = one[: len(mix) - begin]
        mix[begin : begin + len(part)] += part
    return telephone(np.clip(mix, -1, 1), RATE, law=law)


def counting(x: Samples, s: Samples) -> list[Hit]:
    return [hit for hit in find(x, s) if hit.counts]


# --- finding a sound -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["a", "mu"])
@pytest.mark.parametrize("gain", [0.1, 1.0, 4.0])
def test_a_sound_is_found_where_it_begins_and_as_loud_as_it_is(gain: float, law: str) -> None:
    [hit] = counting(heard(12, (2.5, gain * sound("greeting.mp3")), noise=0.001, law=law), sound("greeting.mp3"))
    assert hit.at == pytest.approx(2.5, abs=0.03)
    assert hit.level == pytest.approx(20 * np.log10(gain), abs=1.5)
    assert hit.whole and hit.begin == 0 and hit.seconds == pytest.approx(5, abs=0.2)


@pytest.mark.slow
def test_what_is_cut_off_or_joined_late_says_which_part_was_heard() -> None:
    music = sound("music.wav")
    [cut] = counting(heard(10, (1, music[: 4 * RATE])), music)
    assert (cut.whole, cut.begin) == (False, 0)
    assert (cut.at, cut.seconds) == (pytest.approx(1, abs=0.05), pytest.approx(4, abs=0.1))
    [late] = counting(heard(10, (0, music[8 * RATE :])), music)
    assert (late.at, late.begin, late.whole) == (pytest.approx(0), pytest.approx(8, abs=0.05), False)
    gap = heard(10, (0, music))
    gap[3 * RATE : 5 * RATE] = 0
    assert [hit.at for hit in counting(gap, music)] == pytest.approx([0, 5], abs=0.1)


def test_loops_are_counted_one_by_one() -> None:
    jingle = sound("jingle.wav")
    hits = counting(heard(30, *((1 + nth * 2.6, jingle) for nth in range(5))), jingle)
    assert [hit.at for hit in hits] == pytest.approx([1 + nth * 2.6 for nth in range(5)], abs=0.05)


def test_music_that_repeats_itself_is_one_sound() -> None:
    bar = np.concatenate([tone(0.5, 300, 500), tone(0.25, 900), tone(0.25, 700)])
    loops = np.tile(bar, 8)
    hits = counting(heard(30, (2, np.tile(loops, 3))), loops)
    assert [hit.at for hit in hits] == pytest.approx([2, 10, 18], abs=0.05)


BEEPS: list[tuple[str, Samples]] = [
    ("1000 Hz, 0.2 s", tone(0.2, 1000)),
    ("1200 Hz, 0.2 s", tone(0.2, 1200)),
    ("1000 Hz, 0.5 s", tone(0.5, 1000)),
    ("key 1", tone(0.1, 697, 1209)),
    ("key 2", tone(0.1, 697, 1336)),
    ("ringing in Britain", np.tile(np.concatenate([tone(0.4, 400, 450), tone(0.2), tone(0.4, 400, 450), tone(2)]), 2)),
    ("ringing in Europe", np.tile(np.concatenate([tone(1, 425), tone(2)]), 2)),
]  # fmt: skip


@pytest.mark.parametrize("there", range(len(BEEPS)), ids=[name for name, _ in BEEPS])
def test_a_beep_is_itself_and_no_other(there: int) -> None:
    x = heard(12, (0.5, sound("greeting.wav")), (6, BEEPS[there][1]), noise=0.0005)
    found = [name for name, beep in BEEPS if counting(x, beep)]
    assert found == [BEEPS[there][0]]
    assert counting(x, BEEPS[there][1])[0].at == pytest.approx(6, abs=0.02)


def test_a_tone_is_not_found_in_music_that_has_its_pitch() -> None:
    x = heard(28, (0.5, sound("music.wav")))
    for pitch in (349.2, 440, 523.3):
        assert not counting(x, tone(3, pitch))


def test_silence_and_nothing_match_nothing() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    for x, s in (
        (silence, tone(1, 440)),
        (tone(1, 440), silence),
        (silence[:0], silence[:0]),
        (tone(1, 440), silence[:0]),
    ):
        assert find(x, s) == []


def test_a_file_longer_than_the_call() -> None:
    music = sound("music.mp3")
    [hit] = counting(heard(4, (1, music)), music)
    assert (hit.whole, hit.seconds) == (False, pytest.approx(3, abs=0.1))


# --- no false hit ----------------------------------------------------------------------------------------------------

TEXT = (
    "hello welcome please press one two three for sales support the menu music wait moment "
    "we will call you back thank goodbye number key again yes no speak after tone"
)


def melody(rng: np.random.Generator) -> Samples:
    """Plucked notes of one scale, on one instrument: two of them share notes, which are the same to the last sample."""
    beat, count = float(rng.choice([0.25, 0.3, 0.5])), int(rng.integers(6, 14))
    mix, time = np.zeros(round((count * beat + 1.5) * RATE)), np.arange(round(1.4 * RATE)) / RATE
    for nth in range(count):
        pitch = 440 * 2 ** ((float(rng.choice([57, 60, 62, 64, 65, 67, 69, 72, 74, 76])) - 69) / 12)
        note = sum(np.sin(2 * np.pi * pitch * h * time) / h**1.3 for h in (1, 2, 3)) * np.exp(-time * 3)
        mix[round(nth * beat * RATE) :][: len(note)] += 0.12 * note
    return mix.astype(np.float32)


def speech(rng: np.random.Generator) -> Samples:
    from helpers.audio.files import resample
    from helpers.simulator.sound.speech import speak

    text = " ".join(rng.choice(TEXT.split(), int(rng.integers(4, 12))))
    return resample(speak(text, language="en-GB", style=int(rng.integers(0, 3))), 16000, RATE)


def noise(rng: np.random.Generator) -> Samples:
    return rng.normal(0, 0.08, round(float(rng.uniform(0.5, 4)) * RATE)).astype(np.float32)


def beep(rng: np.random.Generator) -> Samples:
    pitches = rng.choice([350, 400, 425, 480, 620, 800, 1000, 1200, 1400], int(rng.integers(1, 3)), replace=False)
    return tone(float(rng.choice([0.1, 0.2, 0.5, 1, 3])), *map(float, pitches))


def of_the_kit(rng: np.random.Generator) -> Samples:
    return sound(str(rng.choice(["greeting.mp3", "jingle.wav", "hold.mp3", "music.wav"])))


@pytest.mark.slow
def test_no_false_hit_on_200_random_pairs() -> None:
    rng = np.random.default_rng(2026)
    kinds: list[Callable[[np.random.Generator], Samples]] = [speech, melody, noise, beep, of_the_kit]
    for pair in range(200):
        wanted = kinds[pair % len(kinds)]
        # Two of one kind differ, except the few of the kit and beeps, which may come out the same.
        others = [kind for kind in kinds if kind is not wanted or wanted in (speech, melody, noise)]
        parts = [
            (
                float(rng.uniform(0, 3)),
                float(rng.choice([0.25, 0.5, 1, 2])) * others[int(rng.integers(len(others)))](rng),
            )
            for _ in range(int(rng.integers(1, 4)))
        ]
        x = heard(
            float(rng.uniform(4, 9)), *parts, noise=float(rng.choice([1e-4, 3e-3, 2e-2])), law="a" if pair % 2 else "mu"
        )
        assert not counting(x, wanted(rng)), f"pair {pair}: a {wanted.__name__} that is not there"


# --- the answers -----------------------------------------------------------------------------------------------------


def call_with(x: Samples, script: calls.Script | None = None) -> Call:
    """A call in which the phone heard these samples from the answer on."""
    script = script or calls.menu()

    def wav(leg: str, rate: int) -> bytes:
        assert rate == RATE
        return encode_wav(x, rate)

    return Call(script.trace.entries(), uuid=calls.LEG, heard=wav)


@pytest.mark.slow
def test_the_answer_says_when_how_long_and_how_sure() -> None:
    call = call_with(heard(12, (2, 0.25 * sound("music.mp3")[: 4 * RATE])))
    answer = call.heard("music.mp3")
    assert answer and answer.yes and answer.known
    assert (answer.at, answer.seconds) == (pytest.approx(2, abs=0.05), pytest.approx(4, abs=0.1))
    assert answer.match > 0.5 and answer.sure in ("certain", "fairly sure") and not answer.whole
    first, second, *_ = repr(answer).splitlines()
    assert first == (
        "music.mp3: heard 2.0 s after the answer, the first 4.0 s of its 27.1 s, 12 dB softer than the file"
    )
    assert second.startswith("  found by its sound: ")
    assert call.heard(AUDIO / "music.mp3") == answer
    assert call.heard((AUDIO / "music.mp3").read_bytes()).text.startswith("the sound: heard")


def test_the_answer_says_why_not() -> None:
    call = call_with(heard(12, (2, sound("music.mp3"))))
    answer = call.heard("hold.wav")
    assert not answer and (answer.at, answer.seconds, answer.times) == (None, None, ())
    assert "hold.wav: not heard" in repr(answer) and "what was played is greeting.mp3" in repr(answer)
    silent = call_with(np.zeros(8 * RATE, dtype=np.float32))
    assert "the phone heard only silence" in repr(silent.heard("hold.wav"))


def test_a_silent_file_is_never_heard(tmp_path: Path) -> None:
    (tmp_path / "silent.wav").write_bytes(encode_wav(np.zeros(RATE), RATE))
    answer = call_with(heard(5)).heard(tmp_path / "silent.wav")
    assert not answer and "only silence in the file" in answer.text


def test_found_by_sound_and_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "greeting.mp3").write_bytes((AUDIO / "hold.mp3").read_bytes())
    call = call_with(heard(9, (1, sound("greeting.wav"))))
    assert call.heard("greeting.mp3") and call.heard("greeting.wav")
    assert not call.heard(tmp_path / "greeting.mp3")


def test_a_live_call_is_not_known_and_says_what_to_do() -> None:
    live = calls.menu().call(sound=False)
    for answer in (live.heard("music.mp3"), live.said("good-bye"), live.longest_silence()):
        assert answer, "a lesson runs in live mode, too"
        assert not answer.known and not answer.yes
        assert "does not hear a live call" in repr(answer) and "phone" in repr(answer)
    assert live.digits == "14" and live.lasted(at_least=5)


def test_nobody_answered() -> None:
    busy = calls.unsuccessful("busy").call()
    for answer in (busy.heard("music.mp3"), busy.said("x"), busy.lasted(), busy.longest_silence()):
        assert not answer and "nobody answered (started, ringing, busy, completed)" in answer.text


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("musik.mp3", "no sound file musik.mp3. Did you mean music.mp3"),
        ("quite-another-name.ogg", "There are: .*music.mp3"),
        ("", "not the name of a sound file"),
        ("a\0b.mp3", "no sound file"),
        ("a" * 400, "not the name of a file"),
        (AUDIO, "is a folder"),
        (b"", "empty"),
        (b"<html>", "web page"),
        (AUDIO / "README.md", "This is text, not sound"),
    ],
)
def test_files_that_cannot_be_heard(wanted: Any, words: str) -> None:
    with pytest.raises(AudioError, match=words) as error:
        calls.menu().call().heard(wanted)
    assert error.value.cure


@pytest.mark.parametrize("wanted", [None, 8000, ["music.mp3"]])
def test_what_is_no_sound_file_is_told_how_to_ask(wanted: Any) -> None:
    with pytest.raises(QuestionError, match=r"call\.heard_samples"):
        calls.menu().call().heard(wanted)


def test_unknown_leg() -> None:
    call = calls.menu().call()
    for ask in (lambda: call.heard("music.mp3", "x"), lambda: call.said("a", "x"), lambda: call.longest_silence("x")):
        with pytest.raises(TraceError, match="no leg 'x'"):
            ask()


def test_words_that_were_spoken_and_cut_off() -> None:
    call = calls.menu().call()
    answer = call.said("YOU pressed 14!")
    assert answer and (answer.by, answer.heard_in) == ("talk", "You pressed 14. Good-bye.")
    assert 4.6 < (answer.at or 0) < 7 and (answer.seconds or 0) > 0.5
    assert not call.said("pressed you") and "what was said" in repr(call.said("pressed you"))
    script = calls.Script()
    script.status(0.1, "answered")
    script.play(0.1, 1.6, seconds=4.0, url=None, text="Press one for sales, press two for support.")
    script(1.6, "key", digit="1", by="handset")
    script.status(5, "completed", disconnected_by="user")
    menu = script.call()
    assert menu.said("press one") and not menu.said("press two")
    assert "cut off at 1.5 s by the key 1" in repr(menu.said("press two"))
    for wrong in ("", "?!", None, 5):
        with pytest.raises(QuestionError, match="holds no words"):
            menu.said(wrong)  # type: ignore[arg-type]


def test_own_words_are_not_heard_but_named() -> None:
    answer = calls.voicemail_music().call()
    script = calls.Script()
    script.status(0.1, "answered")
    script(1, "said", text="hello?", by="handset", seconds=0.6)
    script.status(5, "completed")
    assert not script.call().said("hello")
    assert "said by the person on this phone" in repr(script.call().said("hello"))
    assert answer.direction == "outbound"


def test_length_within_limits() -> None:
    call = calls.menu().call()  # 8.6 s
    assert call.duration == pytest.approx(7.1, abs=0.01)
    assert call.lasted() and call.lasted(7) and call.lasted(at_least=5, at_most=8) and float(call.lasted()) > 7
    assert not call.lasted(5) and not call.lasted(at_least=8) and not call.lasted(at_most=7)
    assert repr(call.lasted(at_least=8)).startswith("lasted 7.1 s, not at least 8 s")
    assert "Vonage ended it" in repr(call.lasted())
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"seconds": "10"}, "not a number"),
        ({"at_least": -1}, "not a number"),
        ({"seconds": True}, "not a number"),
        ({"at_most": float("nan")}, "not a number"),
        ({"at_least": 5, "at_most": 2}, "Swap"),
        ({"seconds": 3, "at_most": 2}, "which of them"),
    ]
    for wrong, words in wrongs:
        with pytest.raises(QuestionError, match=words):
            call.lasted(**wrong)


def test_a_call_that_goes_on() -> None:
    script = calls.Script()
    script.status(0.1, "answered")
    script(6.1, "key", digit="5", by="handset")
    call = script.call()
    assert call.lasted(at_least=5) and not call.lasted(at_most=100) and "goes on" in repr(call.lasted())


def test_longest_silence_names_its_cause() -> None:
    call = calls.menu(took=3.0).call()
    answer = call.longest_silence()
    assert (answer.at, answer.seconds) == (0, 3)
    assert "from 0.0 to 3.0 s" in answer.text and "/answer" in repr(answer) and "a shorter one" in repr(answer)
    none = call.longest_silence(minimum=5)
    assert not none and none.text == "no silence of 5 s or more"


def test_digits_and_events_know_when() -> None:
    call = calls.menu().call()
    assert call.digits == "14" and isinstance(call.digits, str) and json.dumps(call.digits) == '"14"'
    assert (call.digits.at, call.digits.seconds) == (4.2, 0.5)
    assert pretty(call.digits) == "14 (pressed: 1 at 4.2 s, 4 at 4.7 s)"
    assert not calls.inbound().call().digits and "no key was pressed" in calls.inbound().call().digits.evidence
    assert "no input action took them (pressed: 5 at" in calls.voicemail_music().call().digits.evidence
    events = call.events
    assert isinstance(events, list) and events[0]["status"] == "started" and events == list(events)
    assert (events.at, len(events.times)) == (0.1, len(events))
    assert pretty(events).splitlines()[0] == "   0.1 s  started"


def test_hostile_words_stay_one_line() -> None:
    script = calls.Script()
    script.status(0.1, "answered")
    script.play(0.1, 3, seconds=2.9, url=None, text="hello\n\x1b[31m<script>alert(1)</script> there")
    script.status(5, "completed")
    answer = script.call().said("hello")
    assert answer and "\x1b" not in repr(answer) and len(repr(answer).splitlines()) == 2


def test_samples_are_what_the_wav_holds() -> None:
    call = calls.menu().call()
    with wave.open(io.BytesIO(call.heard_wav())) as file:
        assert len(call.heard_samples()) == file.getnframes()

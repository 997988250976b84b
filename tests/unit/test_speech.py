"""Words become sound: spoken where eSpeak NG is installed, murmured where it is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from helpers.simulator.sound import speech

SENTENCE = "Hello and welcome to the show, my friend."


@pytest.fixture
def murmur(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a computer without the extra ``speech``."""
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    forget()
    yield
    forget()


def forget() -> None:
    speech._espeak.cache_clear()
    speech._speak.cache_clear()


@pytest.mark.fidelity("talk-spoken")
def test_speech_takes_the_time_it_should() -> None:
    assert speech.available()
    samples = speech.speak(SENTENCE)
    assert samples.dtype == np.float32
    assert 2 < len(samples) / 16000 < 4
    assert 0.1 < np.abs(samples).max() < 0.4, "room for level 1"


def test_rate_changes_samples_not_seconds() -> None:
    slow, fast = speech.speak(SENTENCE, rate=8000), speech.speak(SENTENCE, rate=16000)
    assert len(slow) / 8000 == pytest.approx(len(fast) / 16000, abs=0.001)


def test_same_words_same_sound_whatever_was_said_before() -> None:
    first = speech.speak(SENTENCE)
    speech.speak("Guten Tag, was darf es sein?", language="de-DE", style=3)
    speech._speak.cache_clear()
    assert np.array_equal(speech.speak(SENTENCE), first)


def test_what_is_handed_out_may_be_changed() -> None:
    speech.speak(SENTENCE)[:] = 0
    assert speech.speak(SENTENCE).any()


def test_threads_do_not_mix_their_words() -> None:
    texts = [f"This is number {number}." for number in range(8)]
    alone = [speech.speak(text) for text in texts]
    speech._speak.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(speech.speak, texts))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.fidelity("talk-styles")
def test_styles_and_languages_sound_different() -> None:
    voices = [speech.speak(SENTENCE, style=style) for style in range(len(speech.STYLES))]
    assert len({voice.tobytes() for voice in voices}) == len(voices)
    assert not np.array_equal(speech.speak("un, deux, trois", language="fr-FR"), speech.speak("un, deux, trois"))


@pytest.mark.parametrize(
    "language", ["en-GB", "es-MX", "cmn-CN", "yue-CN", "ar", "no-NO", "en-GB-WLS", "xx-YY", "", "ü"]
)
def test_every_language_says_something(language: str) -> None:
    assert len(speech.speak("1 2 3", language=language)) > 8000


@pytest.mark.fidelity("talk-ssml")
def test_break_makes_a_pause() -> None:
    without = speech.speak("<speak>one two</speak>")
    with_break = speech.speak("<speak>one <break time='2s'/> two</speak>")
    assert 1.5 < (len(with_break) - len(without)) / 16000 < 3


@pytest.mark.parametrize(
    "text",
    ["<speak>one <break", "<speak>one & two</speak>", "<speak><p>one</speak>", "<!DOCTYPE x><speak>one</speak>",
     "<speak>" + "<s>" * 5000 + "one", "one\0two", "\ud800 one", "one < two > three",
     "<speak><audio src='no-such-file.wav'>one</audio></speak>", "<speak xmlns='http://www.w3.org/2001/10/synthesis'>one</speak>"],
)  # fmt: skip
def test_broken_text_is_still_spoken(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 3000 < len(speech.speak(text)) < 160_000
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["", "  ", "<speak></speak>", "<speak>"])
def test_nothing_to_say_is_no_sound(text: str) -> None:
    assert len(speech.speak(text)) == 0


def test_typing_error_in_a_break_does_not_last_for_ever() -> None:
    assert len(speech.speak("<speak>one <break time='99999s'/></speak>")) < 15 * 16000


@pytest.mark.fidelity("talk-spoken")
def test_murmur_lasts_as_long_as_the_words(murmur: None) -> None:
    assert not speech.available()
    samples = speech.speak("one two three four five", rate=8000)
    assert len(samples) / 8000 == pytest.approx(5 * 60 / 150, abs=0.01)
    assert 0.05 < np.abs(samples).max() < 0.4
    assert np.array_equal(samples, speech.speak("one two three four five", rate=8000))


def test_murmur_pauses_where_ssml_does_and_reads_no_tags(murmur: None) -> None:
    ssml = "<speak>one <break time='500ms'/> two <break strength='strong'/><sub alias='three four'>34</sub></speak>"
    samples = speech.speak(ssml)
    assert len(samples) / 16000 == pytest.approx(4 * 0.4 + 0.5 + 0.75, abs=0.01)
    assert not samples[int(0.4 * 16000) : int(0.9 * 16000)].any()
    assert len(speech.speak("<speak>one <bre")) / 16000 == pytest.approx(0.4)


def test_murmur_knows_scripts_without_spaces_and_styles(murmur: None) -> None:
    assert len(speech.speak("你好世界", language="cmn-CN")) / 16000 == pytest.approx(0.8)
    assert not np.array_equal(speech.speak("one"), speech.speak("one", style=1))


def test_folder_with_a_long_name_is_shortened_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("long" * 40)
    deep.mkdir()
    monkeypatch.chdir(deep)
    assert speech._short(str(deep / "voices")) == b"voices"
    monkeypatch.chdir("/" if os.name == "posix" else tmp_path.anchor)
    with pytest.raises(OSError, match="too long"):
        speech._short(str(deep / "voices"))

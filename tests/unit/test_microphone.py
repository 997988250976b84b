"""The microphone without a browser: what it sends becomes a file, or is refused in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.audio.files import encode_wav
from helpers.settings.project import audio
from helpers.widgets.microphone import Microphone
from helpers.widgets.microphone.microphone import MOST_BYTES
from tests.browser.speaker_page import tone

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own", "no_widget_left")


def send(microphone: Microphone, data: bytes, name: str = "the recording") -> str:
    """Hand over a sound as the page does; what is told then."""
    microphone.widget._received(microphone.widget, {"name": name, "size": len(data)}, [memoryview(data)])
    return str(microphone.widget.told)


def test_a_recording_becomes_a_file_and_the_ear_mends_it() -> None:
    microphone = Microphone()
    assert microphone.recorded is None and microphone.file == audio() / "greeting.wav"
    assert repr(microphone) == "Microphone: Nothing is recorded yet. Until then greeting.wav stands in."
    told = send(microphone, encode_wav(tone(1.5), 48000))
    assert told == "0.5 s in heard/my-voice-1-recorded.wav: WAV mono 48000 Hz. Run the next cell."
    assert not microphone.widget.bad and microphone.file == Path("heard/my-voice-1-recorded.wav")
    ear = microphone.ear()
    assert not ear.ready and ear.phone_ready(f"heard/{microphone.name}.mp3").ready
    assert Microphone().recorded == microphone.recorded, "the next kernel finds it"


def test_a_file_is_known_by_its_content_and_takes_the_place_of_the_one_before() -> None:
    microphone = Microphone("../Ada's")
    send(microphone, encode_wav(tone(1), 8000))
    send(microphone, (audio() / "jingle.mp3").read_bytes(), "C:\\sounds\\jingle.wav")
    assert [file.name for file in Path("heard").iterdir()] == ["Ada-s-2-recorded.mp3"]
    assert microphone.name == "Ada-s-2", "a platform that has fetched the first does not play it for the second"
    assert "text/html" in microphone._repr_mimebundle_()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "empty.wav", "The file is empty."),
        (b"\x1aE\xdf\xa3webm", "voice.webm", "WebM.*ffmpeg"),
        (b"<!doctype html>", "page.mp3", "web page"),
        (bytes(MOST_BYTES + 1), "long.wav", "long.wav has 6.0 MB; 6 are the most"),
    ],
)
def test_what_is_not_a_sound_is_refused_and_the_one_before_stays(data: bytes, name: str, said: str) -> None:
    microphone = Microphone()
    send(microphone, encode_wav(tone(1), 8000))
    told = send(microphone, data, name)
    assert re.search(said, told) and microphone.widget.bad
    assert microphone.recorded == Path("heard/my-voice-1-recorded.wav")

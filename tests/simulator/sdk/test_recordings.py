"""The official SDK and recordings: made by its own classes, announced to a webhook, downloaded, saved and decoded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import soundfile
import vonage
from vonage_http_client.errors import AuthenticationError, FileStreamingError, NotFoundError
from vonage_voice import Conversation, Record, Talk
from vonage_voice.errors import VoiceError

from tests.matching import match
from tests.simulator.ear import RATE, sound_of, spoken, voice
from tests.simulator.sdk.conftest import Client, pem
from tests.simulator.sdk.orders import ended_call, place
from tests.simulator.world import PHONE, Keys, World, says

OTHER = "447700900022"
MESSAGE = "Please call me back tomorrow."
LEAVE_A_MESSAGE = [
    *says(MESSAGE, 4), {"do": "press", "digits": "#"},
]  # fmt: skip


def announced(world: World, path: str = "/recorded") -> dict[str, Any]:
    """The one record event."""
    [event] = world.learner.payloads(path)
    return event


def download(sdk: vonage.Vonage, world: World, url: str, folder: Path) -> bytes:
    """Save a recording with the SDK, which takes only addresses of Vonage's hosts: to it, the simulator is one."""
    assert url.startswith(f"{world.network.url}/v1/files/")
    file = folder / "recording"
    assert sdk.voice.download_recording(url.replace(world.network.url, "https://api.nexmo.com"), str(file)) is None
    return file.read_bytes()


def kind(data: bytes) -> tuple[str, int, int]:
    """Format, channels and rate of a sound file."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        return file.format, file.channels, file.samplerate


@pytest.mark.parametrize(("form", "name"), [("mp3", "MP3"), ("wav", "WAV"), ("ogg", "OGG")])
@pytest.mark.fidelity("record-end-on-key", "recording-event", "recording-formats", "record-beep")
def test_a_voice_message(world: World, sdk: vonage.Vonage, tmp_path: Path, form: Any, name: str) -> None:
    world.phone(after=1, script=LEAVE_A_MESSAGE)
    told = world.learner.on("/recorded", ("", 204))
    record = Record(format=form, endOnKey="#", timeOut=60, beepStart=True, eventUrl=[told], eventMethod="POST")
    call = ended_call(sdk, world, record, Talk(text="Thank you."))
    event = announced(world)
    data = download(sdk, world, event["recording_url"], tmp_path)
    assert event["size"] == len(data)
    assert kind(data) == (name, 1, 16_000)
    [sound] = sound_of(data)
    assert match(sound, spoken(MESSAGE), RATE).score > 0.95
    assert match(sound, voice("Thank you."), RATE).score < 0.5  # that was said when the recording was over
    assert world.actions(call)[-1] == ("talk", "finished")
    assert len(world.learner.at("/recorded")) == 1


@pytest.mark.fidelity("conversation-record")
def test_a_recorded_conversation(world: World, sdk: vonage.Vonage, tmp_path: Path) -> None:
    told = world.learner.on("/recorded", ("", 204))
    words = {PHONE: "Good morning, this is Ann.", OTHER: "Hello Ann, here is Bob."}
    for position, (number, text) in enumerate(words.items()):
        script = says(text, 2 + 3 * position)
        world.phone(number, after=1, script=[*script, {"do": "wait", "seconds": 5 - position}, {"do": "hang_up"}])
    calls = [
        place(sdk, world, Conversation(name="board", record=True, eventUrl=[told], eventMethod="POST"), to=number)
        for number in words
    ]
    for call in calls:
        world.until(call)
    world.advance(1)
    data = download(sdk, world, announced(world)["recording_url"], tmp_path)
    assert kind(data)[0] == "MP3"
    [sound] = sound_of(data)
    assert all(match(sound, spoken(text), RATE).score > 0.9 for text in words.values())


@pytest.mark.fidelity("files-same-application", "error-recording")
def test_only_the_application_that_recorded_gets_the_file(
    world: World, sdk: vonage.Vonage, client: Client, foreign_keys: Keys, tmp_path: Path
) -> None:
    told = world.learner.on("/recorded", ("", 204))
    world.until(place(sdk, world, Record(timeOut=3, eventUrl=[told])))
    url, file = announced(world)["recording_url"], tmp_path / "none"
    with pytest.raises(VoiceError):  # the SDK itself: an address that is not Vonage's
        sdk.voice.download_recording(url, str(file))
    public = url.replace(world.network.url, "https://api.nexmo.com")
    nobody = public.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000"
    refusals = [
        (sdk, nobody, NotFoundError),
        (client(application_id=world.application()), public, NotFoundError),
        (client(private_key=pem(foreign_keys[0])), public, AuthenticationError),
    ]
    for asking, address, cause in refusals:
        with pytest.raises(FileStreamingError) as refused:
            asking.voice.download_recording(address, str(file))
        assert isinstance(refused.value.__cause__, cause)
    assert not file.exists()

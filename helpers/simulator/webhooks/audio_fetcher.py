"""Getting the audio of a ``stream``: fetched when the action is reached, known by content, cached as it says."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from weakref import WeakValueDictionary

from ..clock import SLOW_REPLY
from ..sound.mixing import STORED_RATE, Sound
from ..timeouts import FILE_TIMEOUT
from .reach import is_example
from .web_client import Answer, ReadTimeout, WebError, place_of

if TYPE_CHECKING:
    from ...audio.files import AudioInfo
    from ..legs.leg import Leg
    from ..legs.network import Network
    from ..sound.mixing import Samples

LARGEST = 50_000_000  # bytes; Vonage publishes no figure
LONGEST = 3600.0  # seconds of sound; Vonage publishes no figure. A small file with a tiny sample rate can last for days
REDIRECTS = 20  # how many are followed; Vonage publishes no figure
HEADERS = [("User-Agent", "voice-call-simulator"), ("Accept", "*/*")]
OGG = b"OggS" + bytes(60)  # the mark of a format that Vonage does not play, and nothing that could be decoded

FAULTS = ("audio_slow", "audio_404", "audio_truncated", "audio_wrong_format")
PLAYABLE = "it must answer 200 with an MP3 or a 16-bit mono WAV."


class SoundError(Exception):
    """The file cannot be played; the text says why."""


class SoundFile(Sound):
    """The sound in a file, with what the file was: ``"MP3 mono 16000 Hz"`` and its seconds."""

    def __init__(self, samples: Samples, info: AudioInfo) -> None:
        super().__init__(samples, info.problems)
        channels = {1: "mono", 2: "stereo"}.get(info.channels, f"{info.channels} channels")
        self.facts: dict[str, object] = {
            "format": f"{info.format} {channels} {info.rate} Hz",
            "seconds": round(info.seconds, 3),
        }


@dataclass(frozen=True)
class _Kept:
    sound: Sound
    facts: dict[str, object]
    until: float


class Sounds:
    """The exchange's audio cache. ``Cache-Control: max-age`` is counted in call time (NCCO reference, caching)."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: dict[str, _Kept] = {}
        # By content, as long as a call holds it: a thousand calls that play the same hold one copy.
        self._files: WeakValueDictionary[bytes, SoundFile] = WeakValueDictionary()
        self._texts: WeakValueDictionary[tuple[str, str, int], Sound] = WeakValueDictionary()

    async def get(self, leg: Leg, url: str) -> Sound:
        """The audio behind ``url``, decoded. Each fetch leaves a ``fetch`` entry. Raises SoundError."""
        now = self._network.clock.now
        kept = self._kept.get(url)
        if kept and now < kept.until:
            self._network.note(leg, "fetch", url=url, **kept.facts, cache="hit", error=None)
            return kept.sound
        facts: dict[str, object] = {"status": None, "content_type": "", "bytes": 0, "format": None, "seconds": None}
        fault, failure, real = self._network.faults.one_of(FAULTS, leg), None, 0.0
        try:
            if fault == "audio_slow":
                await self._dawdle(leg)
            async with self._network.clock.in_flight():
                begun = time.perf_counter()
                try:
                    answer = await self._fetch(url)
                finally:
                    real = time.perf_counter() - begun
                if fault:
                    answer = self._spoil(leg, fault, answer)
                sound = await self._sound(answer, facts)
        except SoundError as error:
            failure = error
        # A server that dawdles costs stepped time, as the one of a webhook does: the caller hears nothing meanwhile.
        await self._network.clock.spend(real // SLOW_REPLY * SLOW_REPLY)
        facts["waited"] = round(self._network.clock.now - now, 3)
        if failure:
            self._network.note(leg, "fetch", url=url, **facts, cache="miss", error=str(failure))
            raise failure
        if not fault and (age := max_age(answer.headers.get("cache-control", ""))):
            self._kept[url] = _Kept(sound, facts | {"waited": 0.0}, now + age)
        self._network.note(leg, "fetch", url=url, **facts, cache="miss", error=None)
        for problem in sound.problems:
            self._network.note(leg, "note", text=f"{url.rpartition('/')[2]}: {problem} A real call may stay silent.")
        return sound

    def clear(self) -> None:
        """Forget every file."""
        self._kept.clear()
        self._files.clear()
        self._texts.clear()

    def share_with(self, other: Sounds) -> None:
        """Keep one copy of what both play. It is found by content only: neither learns of the other's addresses."""
        self._files, self._texts = other._files, other._texts

    async def decoded(self, data: bytes) -> SoundFile:
        """The sound in a file. Raises AudioError."""
        content = hashlib.sha256(data).digest()
        if (file := self._files.get(content)) is None:
            file = self._files.setdefault(content, await asyncio.to_thread(_decoded, data))
        return file

    async def spoken(self, text: str, language: str, style: int) -> Sound:
        """The sound of a text, see :func:`helpers.simulator.sound.speech.speak`."""
        from ..sound.speech import speak

        words = text, language, style
        if (sound := self._texts.get(words)) is None:
            samples = await asyncio.to_thread(speak, text, language=language, style=style)
            sound = self._texts.setdefault(words, Sound(samples))
        return sound

    async def _dawdle(self, leg: Leg) -> None:
        seconds = self._network.faults.setting("audio_slow", "seconds")
        self._network.faults.strikes("audio_slow", leg)
        await self._network.clock.sleep(min(seconds, FILE_TIMEOUT))
        if seconds >= FILE_TIMEOUT:
            raise SoundError("the server did not answer in time")

    def _spoil(self, leg: Leg, fault: str, answer: Answer) -> Answer:
        """What becomes of a file when a fault strikes it."""
        if fault == "audio_slow" or answer.body is None or not self._network.faults.strikes(fault, leg):
            return answer
        if fault == "audio_404":
            return Answer(404, {"content-type": "text/html"}, b"")
        if fault == "audio_truncated":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return Answer(answer.status, answer.headers | {"content-type": "audio/ogg"}, OGG)

    async def _fetch(self, url: str) -> Answer:
        """What is behind a URL; redirects are followed as long as they stay within reach."""
        if is_example(url):
            raise SoundError("example.com holds no audio")
        if not self._network.reach.allows(url):
            raise SoundError(self._network.reach.refusal)
        try:
            async with asyncio.timeout(FILE_TIMEOUT):
                for _ in range(REDIRECTS):
                    place = place_of(self._network.reach.real(url))
                    answer = await self._network.callbacks.web.send(
                        "GET", place, place.query, HEADERS, b"",
                        connect_timeout=FILE_TIMEOUT, socket_timeout=FILE_TIMEOUT, largest=LARGEST,
                    )  # fmt: skip
                    if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                        return answer
                    url = urljoin(url, answer.headers["location"])
                    if not self._network.reach.allows(url):
                        raise SoundError("the server redirects to a place the simulated network does not reach")
                raise SoundError(f"the server cannot be reached: more than {REDIRECTS} redirects")
        except (ReadTimeout, TimeoutError):
            raise SoundError("the server did not answer in time") from None
        except (WebError, ValueError, OverflowError) as error:
            raise SoundError(f"the server cannot be reached: {error}") from None

    async def _sound(self, answer: Answer, facts: dict[str, object]) -> Sound:
        from ...audio.files import AudioError

        facts |= {
            "status": answer.status,
            "content_type": answer.headers.get("content-type", ""),
            "bytes": LARGEST if answer.body is None else len(answer.body),
        }
        if answer.status != 200:
            raise SoundError(f"the server answered HTTP {answer.status}")
        if answer.body is None:
            raise SoundError(f"the file is larger than {LARGEST // 1_000_000} MB")
        try:
            file = await self.decoded(answer.body)
        except AudioError as error:
            raise SoundError(error.message) from None
        facts |= file.facts
        return file


def _decoded(data: bytes) -> SoundFile:
    """What is in a file. Raises AudioError."""
    from ...audio.files import AudioError, decode, inspect

    info = inspect(data)
    if info.seconds > LONGEST:
        message = f"It lasts {info.seconds / 60:.0f} minutes, and {LONGEST / 60:.0f} are the most that is played"
        raise AudioError(message, "Cut it.")
    return SoundFile(decode(data, STORED_RATE), info)


def max_age(cache_control: str) -> float:
    """Seconds a file may be kept; 0 when the header does not say, or says no-store."""
    if re.search(r"no-(store|cache)", cache_control):
        return 0.0
    found = re.search(r"max-age\s*=\s*(\d+)", cache_control)
    return float(found.group(1)) if found else 0.0

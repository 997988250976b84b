"""Getting the audio of a ``stream``: fetched when the action is reached, known by content, cached as it says."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from helpers.simulator.callbacks import read_all
from helpers.simulator.leg import Leg
from helpers.simulator.media import STORED_RATE, Sound
from helpers.simulator.reach import is_example

if TYPE_CHECKING:
    import ssl

    from helpers.audio import AudioInfo
    from helpers.simulator.media import Samples
    from helpers.simulator.network import Network

TIMEOUT = 10.0  # seconds for the whole file; Vonage publishes no figure
LARGEST = 50_000_000  # bytes; Vonage publishes no figure


PLAYABLE = "it must answer 200 with an MP3 or a 16-bit mono WAV."


class SoundError(Exception):
    """The file cannot be played; the text says why."""


def unplayable(error: SoundError) -> str:
    """The reason in the error event. Vonage publishes no text for this."""
    return f"Audio of stream cannot be played: {error}."


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
        # By content, as long as a call holds it: a thousand calls with the same file hold one copy.
        self._files: WeakValueDictionary[bytes, SoundFile] = WeakValueDictionary()

    async def get(self, leg: Leg, url: str) -> Sound:
        """The audio behind ``url``, decoded. Each fetch leaves a ``fetch`` entry. Raises SoundError."""
        now = self._network.clock.now
        kept = self._kept.get(url)
        if kept and now < kept.until:
            self._network.note(leg, "fetch", url=url, **kept.facts, cache="hit", error=None)
            return kept.sound
        facts: dict[str, object] = {"status": None, "content_type": "", "bytes": 0, "format": None, "seconds": None}
        try:
            async with self._network.clock.in_flight():
                sound, max_age = await self._fetch(url, facts)
        except SoundError as error:
            self._network.note(leg, "fetch", url=url, **facts, cache="miss", error=str(error))
            raise
        if max_age:
            self._kept[url] = _Kept(sound, facts, now + max_age)
        self._network.note(leg, "fetch", url=url, **facts, cache="miss", error=None)
        for problem in sound.problems:
            self._network.note(leg, "note", text=f"{url.rpartition('/')[2]}: {problem} A real call may stay silent.")
        return sound

    def clear(self) -> None:
        """Forget every file."""
        self._kept.clear()
        self._files.clear()

    async def _fetch(self, url: str, facts: dict[str, object]) -> tuple[Sound, float]:
        import httpx

        if is_example(url):
            raise SoundError("example.com holds no audio")
        if not self._network.reach.allows(url):
            raise SoundError("no route: the simulated network reaches this machine only")

        async def stay_here(request: httpx.Request) -> None:
            if not self._network.reach.allows(str(request.url)):
                raise SoundError("the server redirects to a place the simulated network does not reach")

        hooks = {"request": [stay_here]}  # asked before each redirect
        headers = {"User-Agent": "voice-call-simulator"}
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                httpx.AsyncClient(
                    trust_env=False, timeout=TIMEOUT, follow_redirects=True, event_hooks=hooks, verify=_certificates()
                ) as client,
                client.stream("GET", url, headers=headers) as response,
            ):
                data = await read_all(response, LARGEST)
        except (httpx.TimeoutException, TimeoutError):
            raise SoundError("the server did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError):
            raise SoundError("the server cannot be reached") from None
        facts |= {
            "status": response.status_code,
            "content_type": response.headers.get("content-type", ""),
            "bytes": LARGEST if data is None else len(data),
        }
        if response.status_code != 200:
            raise SoundError(f"the server answered HTTP {response.status_code}")
        if data is None:
            raise SoundError(f"the file is larger than {LARGEST // 1_000_000} MB")
        return await self._decode(data, facts), max_age(response.headers.get("cache-control", ""))

    async def _decode(self, data: bytes, facts: dict[str, object]) -> Sound:
        from helpers.audio import AudioError

        content = hashlib.sha256(data).digest()
        file = self._files.get(content)
        if file is None:
            try:
                file = await asyncio.to_thread(_decoded, data)
            except AudioError as error:
                raise SoundError(error.message) from None
            file = self._files.setdefault(content, file)
        facts |= file.facts
        return file


def _decoded(data: bytes) -> SoundFile:
    """What is in a file. Raises AudioError."""
    from helpers.audio import decode, inspect

    info = inspect(data)
    return SoundFile(decode(data, STORED_RATE), info)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Which TLS certificates are trusted. Reading them takes 30 ms, so it is done once."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def max_age(cache_control: str) -> float:
    """Seconds a file may be kept; 0 when the header does not say, or says no-store."""
    if re.search(r"no-(store|cache)", cache_control):
        return 0.0
    found = re.search(r"max-age\s*=\s*(\d+)", cache_control)
    return float(found.group(1)) if found else 0.0

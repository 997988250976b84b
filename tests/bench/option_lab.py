"""What an option lab takes: five levels of a stream of ten seconds, fetched, played, mixed, drawn and written.

``python -m tests.bench.option_lab`` prints the seconds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from helpers.audio.files import encode_mp3
from helpers.rehearsal import play, sweep
from helpers.server.server import BackgroundServer
from helpers.settings.project import audio

SECONDS = 10
VALUES = [-1, -0.5, 0, 0.5, 1]
ROUNDS = 5


def sweeping() -> float:
    """Seconds for ``sweep(ncco, "0.level", …)`` and its HTML, after imports; the median of five, each a new file."""
    from helpers.audio.files import decode

    music = decode((audio() / "music.mp3").read_bytes(), 16_000)
    times = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, BackgroundServer(audio=Path(folder)) as server:
        play([{"action": "stream", "streamUrl": ["https://example.com/jingle.mp3"]}], folder=folder).wav()
        for number in range(ROUNDS):
            first = number * 16_000
            sound = encode_mp3(music[first : first + SECONDS * 16_000])
            (Path(folder) / f"ten-{number}.mp3").write_bytes(sound)
            url = f"{server.url}/audio/ten-{number}.mp3"
            begin = time.perf_counter()
            view = sweep([{"action": "stream", "streamUrl": [url]}], "0.level", VALUES, folder=folder)
            times.append(time.perf_counter() - begin)
            assert view.bundle["text/html"].count("<audio") == len(VALUES)
            assert str(view).count(" 10.") == len(VALUES), "each lasts ten seconds"
    return statistics.median(times)


if __name__ == "__main__":
    print(sweeping())

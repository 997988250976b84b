"""What the editor of NCCOs does at every keystroke, measured.

``python -m tests.bench.editor`` prints the seconds of a check, and of a keystroke.
"""

from __future__ import annotations

import statistics
import timeit
from typing import Any

from helpers.ncco import check
from helpers.widgets.builder.builder import Builder

URL = "https://example.com/audio/music.mp3"
HOOK = "https://example.com/webhooks/event"
# All kinds of actions, as they stand in real calls; ten of them make a hundred.
_TEN: list[dict[str, Any]] = [
    {"action": "record", "format": "wav", "split": "conversation", "channels": 2, "eventUrl": [HOOK]},
    {"action": "talk", "text": "<speak>Welcome. <break time='500ms'/> Tom &amp; Jo are here.</speak>",
     "language": "en-GB", "style": 2},
    {"action": "stream", "streamUrl": [URL], "level": -0.4, "loop": 2},
    {"action": "talk", "text": "Press one for sales, two for support. " * 5, "bargeIn": True},
    {"action": "input", "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1, "timeOut": 5}, "eventUrl": [HOOK],
     "speech": {"context": ["sales", "support"], "language": "en-GB", "endOnSilence": 1.5}},
    {"action": "notify", "payload": {"step": 3, "who": {"name": "Zoë", "tags": ["a", None, 1.5]}}, "eventUrl": [HOOK]},
    {"action": "wait", "timeout": 1.5},
    {"action": "connect", "from": "447700900000", "timeout": 20, "eventType": "synchronous", "eventUrl": [HOOK],
     "endpoint": [{"type": "phone", "number": "447700900002", "onAnswer": {"url": HOOK}}]},
    {"action": "connect", "from": "447700900000", "endpoint": [
        {"type": "websocket", "uri": "wss://example.com/socket", "content-type": "audio/l16;rate=16000",
         "headers": {"caller": "447700900001"}}]},
    {"action": "conversation", "name": "room", "musicOnHoldUrl": [URL], "startOnEnter": False},
]  # fmt: skip


def checking() -> float:
    """Seconds that checking an NCCO of 100 actions takes, all rules included; the median of 21."""
    ncco = [dict(action) for _ in range(10) for action in _TEN]
    assert check(ncco) == [], "nothing is wrong with it, so everything has been looked at"
    return statistics.median(timeit.repeat(lambda: check(ncco), number=1, repeat=21))


def typing() -> float:
    """Seconds of the kernel's time from a key in a field of 50 actions to the new page; the median of 21 keys."""
    builder = Builder([dict(action) for _ in range(5) for action in _TEN])
    page = builder.page
    number = page.draft.ids[1]
    page.handle({"do": "toggle", "id": number})
    texts = iter(f"Welcome, {'x' * count}" for count in range(1, 23))

    def key() -> None:
        text = next(texts)
        page.handle({"do": "set", "id": number, "path": "text", "value": text, "live": True})
        assert text in str(page.parts["views"]), "the JSON is in step with the form"

    key()
    return statistics.median(timeit.repeat(key, number=1, repeat=21))


if __name__ == "__main__":
    print(checking(), typing())

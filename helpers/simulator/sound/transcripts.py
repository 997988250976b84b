"""Transcripts: what was said in a recording. Nothing is recognised: the words are those that were spoken.

That there is one, and the event that announces it, is documented (NCCO reference, transcription; .NET SDK). What is in
the file is not: its shape is the kit's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...ncco.models.ssml import is_ssml

if TYPE_CHECKING:
    from .mixing import Cue
    from .tape import Channel, Feed

LONGEST = 7200  # seconds of a recording that are written down (NCCO reference: two hours at most)
MEDIA_TYPE = "application/json"
HAIR = 0.001  # seconds; a word that begins or ends so little outside still counts


def transcript(channels: list[Channel], begin: float, language: str, recording_uuid: str) -> bytes:
    """A JSON object: ``recording_uuid``, ``language`` and ``sentences``, each with channel, start, end and text.

    Channels count from 1; ``start`` and ``end`` are seconds from the beginning of the recording. Of a sentence that was
    not recorded from beginning to end, only the words that were.
    """
    sentences = [
        {"channel": number, "start": round(start - begin, 3), "end": round(end - begin, 3), "text": text}
        for number, feeds in enumerate(channels, 1)
        for feed in feeds
        for cue in feed.sheet.cues
        for start, end, text in _sentences(cue, feed)
    ]
    sentences.sort(key=lambda one: (one["start"], one["channel"]))
    found: dict[str, Any] = {"recording_uuid": recording_uuid, "language": language, "sentences": sentences}
    return json.dumps(found, ensure_ascii=False).encode()


def _sentences(cue: Cue, feed: Feed) -> Iterator[tuple[float, float, str]]:
    """What of a spoken text is on the recording, for each time it was said: from, to, text."""
    words = _words(cue.text or "")
    length = cue.sound.seconds
    if cue.is_tone or not words or not length:
        return
    # Words are taken to be spread over the time a text takes to speak as their letters are.
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word) + 1)
    until = min(cue.until(feed.end), feed.end)
    at = cue.at + max(0, int((feed.begin - cue.at) / length)) * length
    while at < until:
        times = [at + length * end / ends[-1] for end in ends]
        heard = [
            place
            for place in range(len(words))
            if times[place] >= feed.begin - HAIR and times[place + 1] <= until + HAIR
        ]
        if heard:
            yield times[heard[0]], times[heard[-1] + 1], " ".join(words[place] for place in heard)
        at += length


def _words(text: str) -> list[str]:
    return (re.sub(r"<[^<>]*>", " ", text) if is_ssml(text) else text).split()

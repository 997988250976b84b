"""Judges the tasks of lesson 04: a file that passes the ear, a route that serves one, and a call that plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..audio.files import AudioError, decode, inspect
from ..audio.likeness import RATE, find
from ..audio.names import sound_file
from ..base.text import media_type
from ..kit import Kit
from .judging import NotYet, Step, get, placed, task, unless, works

SOURCE, JINGLE = "unfit.wav", "jingle.mp3"
ROUTE = "/my-jingle"
MOST = 0.75  # of a sound that is heard


@task(
    "04-1", "the name of your file",
    hints=(
        "`telephone_ear(\"unfit.wav\")` is the ear, and `phone_ready(…)` of it makes the copy.",
        "The ending of the name decides what it becomes: `heard/mine.wav` is a WAV.",
        "How many samples a second is the option `rate`: `phone_ready(\"heard/mine.wav\", rate=8000)`.",
    ),
)  # fmt: skip
def fit(kit: Kit, name: Any) -> Iterator[Step]:
    if not isinstance(name, str | Path):
        raise NotYet("Hand over the name of the file, in quotes.")
    try:
        file = sound_file(name)
        info = inspect(file)
    except AudioError as error:
        raise NotYet(str(error)) from None
    yield "A telephone can take it.", unless(info.phone_ready, " ".join(info.problems))
    yield "It is a WAV.", unless(info.format == "WAV", f"It is {info.format}, whatever its name says.")
    yield "It has 8,000 samples a second.", unless(info.rate == 8000, f"It has {info.rate:,}.")
    sound = decode(sound_file(SOURCE).read_bytes(), RATE)
    hits = find(decode(file.read_bytes(), RATE), sound)
    # Silence at both ends may be cut, so it need not be the whole file.
    most = any(one.counts and one.seconds > MOST * len(sound) / RATE for one in hits)
    yield "It still sounds like `unfit.wav`, from beginning to end.", unless(most, "It sounds like something else.")


@task(
    "04-2", "the address of your route",
    hints=(
        "Take the route of the first section, with another path, another file and another name.",
        "A reply takes more headers: `Response(…, content_type=…, headers={…})`.",
        "The header is `Cache-Control`, and an hour is `max-age=3600`.",
    ),
)  # fmt: skip
def route(kit: Kit, address: Any) -> Iterator[Step]:
    reply = get(kit, address)
    yield f"It is your route {ROUTE}.", unless(urlsplit(reply.url).path == ROUTE, f"It is {urlsplit(reply.url).path}.")
    yield works(reply)
    if not reply.ok:
        return
    kind = reply.headers.get("Content-Type")
    yield (
        "The reply says what it is, by its registered name.",
        unless(media_type(kind) == "audio/mpeg", f"It says {kind}."),
    )
    yield (
        "It is the jingle.",
        unless(reply.content == sound_file(JINGLE).read_bytes(), f"{len(reply.content)} other bytes came."),
    )
    kept = reply.headers.get("Cache-Control", "nothing")
    yield "It may be kept for an hour.", unless("max-age=3600" in kept.replace(" ", ""), f"It says {kept}.")


@task(
    "04-3", "your call",
    hints=(
        "Your route sends the file of the first task, as the second task sent the jingle. A WAV is `audio/wav`.",
        "Two `stream` actions with the same address play it twice.",
        "Without `Cache-Control` in the reply it is fetched twice.",
    ),
)  # fmt: skip
def played(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    fetches = call.entries("fetch", leg=call.leg)
    paths = [urlsplit(one["url"]).path for one in fetches]
    yield (
        "The sound comes from a route of your own.",
        unless(
            paths and not any(path.startswith("/audio/") for path in paths),
            f"It came from {', '.join(paths) or 'nowhere'}.",
        ),
    )
    ready = sound_file(JINGLE).stat().st_size
    unmended = any(one["bytes"] == ready for one in fetches)
    yield "It is the file that you mended.", unless(not unmended, f"It is {JINGLE}, which needs no mending.")
    done = [one for one in call.actions if one.action == "stream" and one.state == "finished"]
    yield "It is played twice, by two actions.", unless(len(done) == 2, f"{len(done)} ran to their end.")
    misses = sum(one["cache"] == "miss" for one in fetches)  # none, if an earlier call has left its copy
    yield "Your server is asked for it only once.", unless(misses <= 1, f"It was asked {misses} times.")
    if done:
        heard = call.heard(SOURCE)
        times = len(heard.times)
        yield "The phone hears it twice.", unless(times == 2, f"By ear it is there {times} times.")

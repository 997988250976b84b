"""Runs calls in a rehearsal: a thread, an event loop with a stepped clock, a network for each call; then nothing."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

from ..calls.record import Entry
from ..server.server import BackgroundServer
from ..settings.project import audio
from ..simulator.clock import Clock, make_clock, make_loop
from ..simulator.legs.leg import Leg
from ..simulator.routes.bodies import outbound_leg
from ..simulator.sound.mixing import heard_wav
from .person import Person
from .scene import Scene
from .stand_ins import NUMBER, PERSON, Stage

SET_UP = 120.0  # seconds of call time in which a call is answered or fails, and its recordings are told of
NOTICE = 0.5  # seconds after which an interrupt is noticed that came just before the wait began


@dataclass
class Take:
    """A call as it went: its record, its first leg, and what the person did not get to do. It needs no network."""

    leg: str
    entries: list[Entry]
    legs: dict[str, Leg] = field(repr=False)
    keys_left: str = ""
    says_left: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()  # what went wrong in the app that answered

    def heard(self, leg: str, rate: int) -> bytes:
        """What a leg's person heard, from answer to end, as a WAV file."""
        line = self.legs[leg]
        end = max(e["at"] for e in self.entries) if line.ended_at is None else line.ended_at
        return b"".join(heard_wav(line, line.answered_at or 0.0, end, rate))


def perform(scenes: Sequence[Scene]) -> list[Take]:
    """Carry out calls together in the same stepped time, each on a network of its own: they never meet.

    Blocks until they are over. An app that answers for a scene is on a server of its own meanwhile.
    """
    with contextlib.ExitStack() as running:
        servers = [BackgroundServer(one.replies, audio=audio(), threads=2) if one.replies else None for one in scenes]
        for one in filter(None, servers):
            running.enter_context(one)
        takes = _in_a_thread(scenes, [server.url if server else "" for server in servers])
        for take, server in zip(takes, servers, strict=True):
            take.raised = tuple(error.message for error in server.errors) if server else ()
        return takes


def _in_a_thread(scenes: Sequence[Scene], apps: list[str]) -> list[Take]:
    """It has a thread of its own, because a notebook's thread already runs an event loop."""
    done: Future[list[Take]] = Future()
    given_up = threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def main(clock: Clock) -> list[Take]:
        task = asyncio.current_task()
        assert task is not None
        running.append((asyncio.get_running_loop(), task))
        if given_up.is_set():  # while the thread was starting: nobody could cancel it yet
            raise asyncio.CancelledError
        return await _perform(scenes, apps, clock)

    def run() -> None:
        clock = make_clock("stepped")
        try:
            with asyncio.Runner(loop_factory=lambda: make_loop(clock)) as runner:
                takes = runner.run(main(clock))
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(takes)

    thread = threading.Thread(target=run, name="rehearsal", daemon=True)
    try:
        thread.start()
        while not wait([done], NOTICE).done:
            pass
    except BaseException:  # the cell was interrupted: a webhook may be waiting for a route that does not return
        given_up.set()
        for loop, task in running:
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        if thread.ident is not None:  # it runs
            wait([done])  # not join() alone: Python takes a thread for ended whose join was interrupted
            thread.join()
    return done.result()


async def _perform(scenes: Sequence[Scene], apps: list[str], clock: Clock) -> list[Take]:
    stages: list[Stage] = []
    people: list[Person] = []
    try:
        for number, (scene, app) in enumerate(zip(scenes, apps, strict=True)):
            first = stages[0] if stages else None
            stages.append(Stage(clock, f"rehearsal-{number}", scene.ncco.to_list(), first, app))
            people.append(_begin(stages[-1], scene))
        longest = max((scene.seconds for scene in scenes), default=0) + SET_UP
        await clock.advance(longest, lambda: all(leg.done for one in stages for leg in one.legs.values()))
        return [
            Take(one.leg.uuid, stage.trace.entries(), stage.legs, "".join(one.keys), tuple(one.says))
            for stage, one in zip(stages, people, strict=True)
        ]
    finally:
        for stage in stages:
            await stage.close_calls()
            await stage.callbacks.close()


def _begin(stage: Stage, scene: Scene) -> Person:
    """Place the call, or let the person dial; the person comes to life with it."""
    stage.handset(PERSON).configure({"script": list(scene.script)})
    if scene.direction == "inbound":
        leg = stage.dial(PERSON, NUMBER)
    else:
        to, from_ = {"type": "phone", "number": PERSON}, {"type": "phone", "number": NUMBER}
        order = {"to": [to], "from": from_, "ncco": scene.ncco.to_list()}
        leg = stage.place(outbound_leg(order, stage.application, stage.account, stage.ids, stage.clock))
    return Person(stage, leg, scene)

"""What is said at the end: requests, calls, what was refused on the way, and what to do about it."""

from __future__ import annotations

import collections
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...base.errors import KitError
from ...base.masking import mask
from ...base.text import columns, one_line
from ...calls.record import Entry, Record
from ...calls.statuses import OVER
from ...calls.story import NOTEBOOK, Story

MOST_REQUESTS, MOST_CALLS, MOST_STEPS, MOST_HOSTS = 40, 10, 40, 20
_ID = re.compile(r"(?<=/)(?:CON-)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?=/|$)")


Request = tuple[str, str, str, int]  # host, method, path without ids, status


class Asked:
    """The requests to the network, and the hosts that were refused. Counted in other threads."""

    def __init__(self) -> None:
        self.requests: collections.Counter[Request] = collections.Counter()
        self.why: dict[Request, str] = {}  # the first reply of those that were refused
        self.refused: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def request(self, host: str, method: str, path: str, status: int, why: str) -> None:
        """One request. Those of the control plane are not the program's business with Vonage."""
        if not path.startswith("/simulator"):
            request = one_line(host, 40), method, one_line(_ID.sub("{id}", path), 60), status
            with self._lock:
                self.requests[request] += 1
                if why:
                    self.why.setdefault(request, mask(one_line(why, 300)))

    def refuse(self, host: str) -> bool:
        """One connection to another host; True for the first to this one."""
        with self._lock:
            self.refused[host] += 1
            return self.refused[host] == 1


def summary(asked: Asked, entries: Sequence[Entry], mistrusted: collections.Counter[str]) -> Iterator[str]:
    """The lines of it."""
    yield from _requests(asked, sum(entry["kind"] == "reply" for entry in entries))
    yield from _calls(entries)
    for host, times in asked.refused.most_common(MOST_HOSTS):
        yield f"Refused: {host} ({_times(times)}). --allow-outside lets it through."
    for host, times in mistrusted.items():
        yield (f"Broken off: {host} ({_times(times)}). Most likely the client does not trust the certificate: "
               "docs/simulator.md says which client reads which variable.")  # fmt: skip


def _requests(asked: Asked, replies: int) -> Iterator[str]:
    if not asked.requests:
        hooks = f"; it answered {replies} webhook{'s' if replies > 1 else ''}" if replies else ""
        yield f"The program made no request to the network{hooks}."
        return
    total = sum(asked.requests.values())
    yield f"{total} request{'s' if total > 1 else ''} to the network:"
    rows = [[str(n), method, path, str(status), host] for (host, method, path, status), n in asked.requests.items()]
    for line, request in zip(columns(rows[:MOST_REQUESTS], right=(0,)), asked.requests, strict=False):
        yield f"  {line}"
        if request in asked.why:
            yield f"       {asked.why[request]}"
    if len(rows) > MOST_REQUESTS:
        yield f"  … and {len(rows) - MOST_REQUESTS} other requests"
    if any(status == 401 for *_, status in asked.requests):
        yield "401: the program has credentials of its own? --env FILE takes them over from its .env file."


def _calls(entries: Sequence[Entry]) -> Iterator[str]:
    talks: dict[str, str] = {}  # one leg of each conversation, the first
    for entry in entries:
        if entry["kind"] == "leg":
            talks.setdefault(entry["conversation"], entry["leg"])
    for leg in list(talks.values())[:MOST_CALLS]:
        yield from _call(Record(entries, uuid=leg))
    if len(talks) > MOST_CALLS:
        yield f"… and {len(talks) - MOST_CALLS} more calls."


def _call(call: Record) -> Iterator[str]:
    length = "" if call.duration is None else f", {call.duration:.1f} s of talk"
    status = next((one for one in call.statuses if one in OVER), call.status)
    yield one_line(f"Call {call.from_} → {call.to}: {status}{length}", 120)
    story = Story(call)
    lanes = {**story.lanes, NOTEBOOK: "Program"}
    steps = [step for step in story.steps if not step.quiet]
    for step in steps[:MOST_STEPS]:
        who = lanes[step.source] if step.source == step.target else f"{lanes[step.source]} → {lanes[step.target]}"
        detail = f" ({step.detail})" if step.trouble and step.detail else ""
        yield f"  {step.at:6.1f} s  {who}: {step.text}{detail}"
    if len(steps) > MOST_STEPS:
        yield f"  … and {len(steps) - MOST_STEPS} more"


def keep_heard(entries: Sequence[Entry], heard: object, folder: Path) -> Iterator[str]:
    """Write what was heard on each phone into the folder; the name of each file. ``heard(leg, rate)`` gives a WAV."""
    legs = [entry for entry in entries if entry["kind"] == "leg"]
    for number, leg in enumerate(legs, 1):
        phone = leg["from"] if leg["direction"] == "inbound" else leg["to"]
        try:
            sound = heard(leg["leg"], 8000)  # type: ignore[operator]
        except KitError:  # it was not answered
            continue
        file = folder / f"{number:02}-{re.sub(r'[^0-9A-Za-z]+', '-', phone)[:60]}.wav"
        file.write_bytes(sound)
        yield file.name


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"

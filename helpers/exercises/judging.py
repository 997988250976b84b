"""What the tasks of the lessons are judged with: what happened on the network, on the wire and in the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..base.text import one_line
from ..calls.arguments import uuid_of
from ..calls.statuses import END_IT

if TYPE_CHECKING:
    import requests

    from ..call import Call
    from ..kit import Kit

OTHER = "447700900002"  # the second phone of the lessons: a friend, an agent, Anna
PATIENCE = 120.0  # seconds of call time that a call of ours may take
Step = tuple[str, str]  # what is wanted, and what is missing; empty if nothing is
Judge = Callable[..., Iterator[Step]]


class NotYet(Exception):
    """Something has to be put right before the rest of a task can be looked at. Its words say what."""


class NotAttempted(Exception):
    """The dots are still where an answer belongs."""


@dataclass(frozen=True)
class LessonTask:
    """``wants``: what the cell hands over, in words. ``judge(kit, *answer)`` looks at one step after the other."""

    wants: tuple[str, ...]
    hints: tuple[str, ...]
    judge: Judge


REGISTERED: dict[str, LessonTask] = {}


def task(name: str, *wants: str, hints: tuple[str, ...]) -> Callable[[Judge], Judge]:
    """Make a function the judge of the task of that name."""

    def add(judge: Judge) -> Judge:
        REGISTERED[name] = LessonTask(wants, hints, judge)
        return judge

    return add


def steps_of(task: LessonTask, kit: Kit, answer: tuple[Any, ...]) -> Iterator[Step]:
    """The steps of a task, up to the one behind which nothing can be judged. Raises :class:`NotAttempted`."""
    wanted = " and ".join(task.wants)
    if len(answer) != len(task.wants):
        yield f"You hand over {wanted}.", f"After the name of the task comes {wanted}, and nothing else."
        return
    try:
        yield from task.judge(kit, *answer)
    except NotYet as problem:
        yield f"Handed over: {wanted}.", str(problem)


def has_dots(value: Any) -> bool:
    """Whether there are still dots in place of an answer, or of a part of it."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return value is ... or any(map(has_dots, inside))


def unless(done: Any, missing: str) -> str:
    """What is missing, unless it is done."""
    return "" if done else missing


def value_of(function: Any, *arguments: Any) -> Any:
    """What a function of the learner's returns."""
    if not callable(function):
        raise NotYet(f"{one_line(repr(function))} is not a function. Hand over its name, without brackets.")
    try:
        value = function(*arguments)
    except Exception as error:
        raise NotYet(f"Your function raised {type(error).__name__}: {one_line(error)}.") from None
    if has_dots(value):
        raise NotAttempted
    return value


# Calls


def call_of(kit: Kit, given: Any) -> Call:
    """The call that is meant, as the network has it: what a record says that was handed over, is not believed."""
    try:
        return kit.call(uuid_of(given))
    except KitError:
        shown = one_line(repr(given), 60)
    raise NotYet(
        f"{shown} is not a call on your network. Place one, and hand over what kit.vonage.create_call or kit.wait_for "
        "returned."
    )


def over(kit: Kit, given: Any) -> Call:
    """A call that was answered and is over."""
    call = call_of(kit, given)
    if call.ended_at is None:
        raise NotYet("The call is still going on, and its phone is busy. Let it run to its end: kit.wait_for(…).")
    if call.in_another_call:
        raise NotYet(f"The phone was busy: an earlier call to it still goes on. {END_IT}")
    if call.answered_at is None:
        raise NotYet(f"Nobody answered the call: it went {', '.join(call.statuses)}.")
    return call


def placed(kit: Kit, given: Any, to: str = "") -> Call:
    """A call that was placed by a request, was answered (by ``to``) and is over."""
    call = over(kit, given)
    if call.direction != "outbound":
        raise NotYet("Somebody dialled this call. Place one yourself: kit.vonage.create_call(…).")
    if to and call.to != to:
        raise NotYet(f"This call went to {call.to}. Call {to}.")
    return call


@dataclass(frozen=True)
class Sounding:
    """A sound that a leg was given to hear. ``text`` if it was spoken, ``url`` if it was played. Call time."""

    source: str
    text: str
    url: str
    start: float
    end: float
    seconds: float


def sounds(call: Call, leg: str | None = None) -> list[Sounding]:
    """What a leg was given to hear, in order."""
    leg = leg or call.leg
    entries = call.entries("sound", leg=leg)
    last: float = call.entries(leg=leg)[-1]["at"]
    stops: dict[int, float] = {e["cue"]: e["at"] for e in entries if e["state"] == "stopped"}
    return [
        Sounding(e["source"], e["text"] or "", e["url"] or "", e["at"], stops.get(e["cue"], last), e["seconds"])
        for e in entries
        if e["state"] == "started"
    ]


def spoken(call: Call, leg: str | None = None) -> str:
    """All that was said to a leg."""
    return " ".join(one.text for one in sounds(call, leg) if one.text)


def quoted(text: str) -> str:
    """What was heard, in a sentence."""
    return f"The phone heard “{one_line(text, 80)}”." if text else "The phone heard no voice."


def says(call: Call, words: str) -> Step:
    """The step that these words were heard."""
    return f"The phone hears “{one_line(words, 60)}”.", unless(call.said(words), quoted(spoken(call)))


def dialled(kit: Kit, caller: str, *steps: dict[str, Any]) -> Call:
    """Dial the number of the lessons from a simulated phone, do these steps, and let the call run to its end."""
    phone = kit.phone(caller)
    uuid = phone.script(list(steps)).dial(kit.number)
    if not kit.network.advance(PATIENCE, uuid, "completed") and kit.call(uuid).ended_at is None:
        phone.hang_up()
        raise NotYet(f"A call from {caller} was not over after {PATIENCE:g} seconds. Does a sound play forever?")
    call = kit.call(uuid)
    if call.errors:
        error = call.errors[0]
        raise NotYet(f"A call from {caller} went wrong: {error['reason']} {error['advice']}")
    if not call.entries("webhook", type="answer"):
        raise NotYet("Your server was not asked. Is the number linked, and your answer URL told to the application?")
    return call


# Your server


def get(kit: Kit, address: Any, **params: str) -> requests.Response:
    """The reply of the learner's server to a GET request."""
    return ask(kit, "GET", address, params=params)


def ask(kit: Kit, method: str, address: Any, **content: Any) -> requests.Response:
    """The reply of the learner's server to a request that is signed as Vonage's are."""
    import requests

    homes = (kit.server.url, kit.tunnel.url or kit.server.url)
    if not isinstance(address, str) or not address.startswith(homes):
        raise NotYet(f"{one_line(repr(address), 60)} is not an address of your server: it begins with YOUR_URL.")
    try:
        return requests.request(method, address, headers=kit.signed(**content), timeout=10, **content)
    except requests.RequestException as error:
        raise NotYet(f"Your server did not reply: {type(error).__name__}.") from None


def works(reply: requests.Response) -> Step:
    """The step that a route is there, and replies."""
    what = f"{reply.request.method} {reply.request.path_url}"
    advice = {404: " There is no such route.", 405: " The route takes another method.", 500: " Your route raised."}
    return f"Your server has an answer to {what}.", unless(
        reply.ok, f"It was {reply.status_code}.{advice.get(reply.status_code, '')}"
    )

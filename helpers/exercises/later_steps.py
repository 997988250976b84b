"""Judges the steps of lessons 08 to 11: what is asked of a running call, a neighbour, a menu or a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import KitError
from ..kit import Kit
from ..rehearsal import Rehearsal, play
from .judging import OTHER, NotYet, Step, call_of, over, placed, quoted, says, sounds, spoken, task, unless
from .neighbours import call_in_class, from_another, legs_to
from .steps import at_home, has_status, reply_of

FEW = 20.0  # seconds that a menu may take
NOWHERE = [{"action": "talk", "text": "Nothing."}]
ASK: list[dict[str, Any]] = [
    {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}},
    *NOWHERE,
]


# 08


@task("08-a", "the reply", hints=(
    "The address is in `stream`: it has the leg. The body is `LIST`, not `STRING`.",
    "`requests.put(stream, json=LIST, headers=headers, timeout=10)`",
))  # fmt: skip
def by_hand(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "PUT", f"{kit.settings.api_url}/v1/calls/")
    conversation = "/CON-" in reply.url
    yield "It names a leg.", unless(not conversation, "It names the conversation.")
    yield "It plays the jingle.", unless("jingle.mp3" in str(reply.request.body), f"Its body: {reply.request.body!r}.")
    yield has_status(reply, 200)


@task("08-b", "the reply", hints=(
    '`kit.vonage.talk(…)` wants the call, `call["uuid"]`, and then the words.',
    "The call has to be running. If it is over, place it again, and wait until it is answered.",
))  # fmt: skip
def speak(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    said = [one for one in sounds(call) if one.source == "rest_talk"]
    yield "A request speaks into the running call.", unless(said, "No request has spoken into it.")


@task("08-c", "your call", hints=(
    'A second action after the `talk` keeps the call open: `{"action": "wait", "timeout": 10}`.',
    'Then as above: wait for `"answered"`, put in the music, wait for the end.',
))  # fmt: skip
def kept_alive(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    music = [one for one in sounds(call) if one.source == "rest_stream"]
    said = [one for one in sounds(call) if one.source == "talk" or (one.text and one.source != "rest_talk")]
    yield "The NCCO says a sentence.", unless(said, "No voice was heard.")
    longer = bool(music and said) and music[0].end - said[-1].end >= 3
    yield (
        "The music goes on for three seconds more, at least.",
        unless(longer, "It ended with the sentence."),
    )


@task("08-d", "the uuid", hints=(
    "`legs` has a `uuid` for each number. Anna's number is `OTHER`.",
))  # fmt: skip
def whose_leg(kit: Kit, given: Any) -> Iterator[Step]:
    if not isinstance(given, str):
        raise NotYet("Hand over a string: the uuid.")
    call = call_of(kit, given)
    yield "It is the uuid of a leg.", unless(given in call.legs, "It is that of the conversation.")
    yield "It is Anna's leg.", unless(call.fact("to", given) == OTHER, f"It belongs to the call to {call.to}.")


@task("08-e", "the call", "the file", hints=(
    "`both.ladder()` is the picture. `.save(…)` keeps it, and returns the name of the file.",
    '`both.ladder().save("heard/08-talk.svg")`',
))  # fmt: skip
def kept_ladder(kit: Kit, given: Any, file: Any) -> Iterator[Step]:
    ladder = kit.call(str(over(kit, given).conversation)).ladder()
    try:
        kept = Path(file).read_text("utf-8").strip()
    except (OSError, TypeError, ValueError):
        raise NotYet(f"{file!r} is not the name of a file that can be read.") from None
    forms = [form.strip() for form in ladder.forms().values()]
    yield "The file holds the ladder of this call.", unless(kept in forms, "It holds something else.")


@task("08-f", "your call", hints=(
    'A list of two actions: a `talk`, and `*PARKED` behind it, so that the call goes on.',
    '`kit.vonage.transfer(moved["uuid"], ncco=…)`, and then `kit.wait(3)`.',
    "What you hand over is the call: `kitchen = moved`.",
))  # fmt: skip
def another_list(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    bodies = [one["body"] or {} for one in call.entries("request", leg=call.leg, method="PUT")]
    lists = [one["destination"].get("ncco") for one in bodies if one.get("action") == "transfer"]
    yield "Twice a request gives the call a new list.", unless(len(lists) > 1, f"{len(lists)} did.")
    said = {one.text for one in sounds(call) if one.source == "talk"}
    yield "The second one says something else.", unless(len(said) > 1, quoted(spoken(call)))
    open_end = bool(lists and lists[-1]) and lists[-1][-1].get("action") != "talk"
    yield "Its end is not the end of the call.", unless(open_end, "Its last action is soon over: put `*PARKED` there.")


@task("08-g", "your call", hints=(
    "Any verb will do, for instance `kit.vonage.hang_up(…)` once more.",
    "It raises a `VonageError`: put `try:` and `except VonageError as error:` around it, as above.",
    "What you hand over is the call: `late = early`.",
))  # fmt: skip
def too_late(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    yield "The call is over.", unless(call.ended_at is not None, "It is still going on.")
    refused = [one for one in kit.vonage.wire if f"/calls/{call.leg}" in one.url and one.status == 404]
    yield "Something more is asked of it, and is answered 404.", unless(refused, "Nothing more was asked of it.")


@task("08-h", "the reply", hints=(
    "Ask for it as a browser would, without any header.",
    '`requests.get(recorded["recording_url"], timeout=10)`',
))  # fmt: skip
def no_token(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", f"{kit.settings.api_url}/v1/files/")
    yield has_status(reply, 401)


# 09


@task("09-a", "your builder", hints=(
    "*Add* has a button for each action. Click *+ talk*, and write your words into its field.",
    'Or in Python: `builder.add("talk", text="Good-bye.")`.',
    "What you hand over is the builder itself: `built = builder`.",
))  # fmt: skip
def built(kit: Kit, given: Any) -> Iterator[Step]:
    from ..widgets.builder import Builder

    if not isinstance(given, Builder):
        raise NotYet("This is not a builder. Hand over `builder`.")
    if problems := [str(one) for one in given.problems if one.severity == "error"]:
        raise NotYet(problems[0])
    heard = sounds(play(given, seconds=FEW).call)
    jingle = [number for number, one in enumerate(heard) if one.url.endswith("jingle.mp3")]
    yield "The caller hears the jingle.", unless(jingle, "The jingle is gone.")
    later = heard[jingle[0] :] if jingle else []
    yield "A voice speaks after it.", unless(any(one.text for one in later), "No voice was heard after it.")


@task("09-b", "the replies", hints=(
    'An entry more in the dictionary, `"3"`, whose value is a list with a `talk`.',
    '`{**FOLLOWS, "3, where": WHERE}` has all that `FOLLOWS` has, and yours.',
))  # fmt: skip
def third_entry(kit: Kit, replies: Any) -> Iterator[Step]:
    if not isinstance(replies, dict) and not callable(replies):
        raise NotYet("Hand over a dictionary such as `FOLLOWS`, or an app.")
    for key, words in (("1", "nine to five"), ("2", "leave a message")):
        heard = _after_the_key(replies, key)
        yield f"Key {key} leads where it led: “{words}”.", unless(words in heard.lower(), quoted(heard))
    heard = _after_the_key(replies, "3")
    known = not heard or any(words in heard for words in ("nine to five", "leave a message", "Nothing."))
    yield "Key 3 leads to words of its own.", unless(not known, quoted(heard))


def _after_the_key(replies: Any, key: str) -> str:
    try:
        return spoken(play(ASK, keys=key, replies=replies, seconds=FEW).call)
    except KitError as error:
        raise NotYet(f"With key {key}: {error}") from None


@task("09-c", "your text", hints=(
    "The number of the caller is `msg.call.from`. Only one letter is in the wrong place.",
))  # fmt: skip
def mended_template(kit: Kit, text: Any) -> Iterator[Step]:
    from ..ncco import render_ncco, sample_data

    if not isinstance(text, str):
        raise NotYet("Hand over a string: the text with its placeholders.")
    data = {**sample_data(), "name": "Tom & Ada"}
    data["msg"]["call"]["from"] = "447700900077"
    try:
        said = render_ncco([{"action": "talk", "text": text}], data)[0]["text"]
    except KitError as error:
        raise NotYet(str(error)) from None
    yield "The name is filled in.", unless("Tom &amp; Ada" in said, f"It becomes “{said}”.")
    yield "The number of the caller is filled in.", unless("447700900077" in said, f"It becomes “{said}”.")


# 10


@task("10-a", "your call", hints=(
    "`classroom.ring(CHLOE)` returns the uuid at once. One second later hang up: `classroom.phone.hang_up()`.",
    '`rung = classroom.wait_for(rung, "over")`',
))  # fmt: skip
def rings_only(kit: Kit, given: Any) -> Iterator[Step]:
    call, room = call_in_class(kit, given)
    people = {one.phone: one.name for one in room.members if one.name != room.name}
    mine = call.from_ == room.phone.number and call.to in people
    yield "Your phone rings a neighbour.", unless(mine, f"It went from {call.from_} to {call.to}.")
    yield "Nobody answers.", unless(call.answered_at is None, f"{people.get(call.to, 'Somebody')} answered.")
    went = ", ".join(call.statuses)
    yield "You hang up while it rings.", unless("cancelled" in call.statuses, f"It went {went}.")


@task("10-b", "your call", hints=(
    "`classroom.phone` is your phone. It can dial: `classroom.phone.dial(classroom.number)`.",
    "`kit.phone()` is another one, in the account of the other lessons.",
))  # fmt: skip
def rings_yourself(kit: Kit, given: Any) -> Iterator[Step]:
    call, room = call_in_class(kit, given)
    mine = (call.from_, call.to) == (room.phone.number, room.number)
    yield "Your phone dials your number.", unless(mine, f"It went from {call.from_} to {call.to}.")
    yield says(call, room.name)


@task("10-c", "your call", hints=(
    "The cell above does it, but for one word: `ben.declines()` in place of `ben.busy()`.",
    "Let ten seconds pass, then `dan.hang_up()`, and wait for the end.",
))  # fmt: skip
def declined(kit: Kit, given: Any) -> Iterator[Step]:
    call, _ = from_another(kit, given)
    people = {one.phone: one for one in call_in_class(kit, given)[1].members}
    rung = legs_to(call, people)
    if len(rung) < 2:
        raise NotYet(f"Two of the team are rung, one after the other. Here there were {len(rung)}.")
    last = call.entries("status", leg=rung[0][0])[-1]["status"]
    yield f"{rung[0][1].name} declines.", unless(last == "rejected", f"That leg ended as {last}.")
    answers = call.picked_up(rung[1][0]) is not None
    yield f"{rung[1][1].name} answers.", unless(answers, "Nobody answered there.")


@task("10-d", "your call", hints=(
    'One `dan.press("1")` takes the caller from your menu to Ben\'s. Then wait some seconds, and `dan.hang_up()`.',
))  # fmt: skip
def second_menu(kit: Kit, given: Any) -> Iterator[Step]:
    call, _ = from_another(kit, given)
    own = [one for one in call.entries("input", leg=call.leg) if str(one["digits"]) == "1"]
    yield "The caller presses 1 in your menu.", unless(own, "Your menu heard no such key.")
    room = call_in_class(kit, given)[1]
    numbers = {number: one for one in room.members for number in one.numbers if one.name != room.name}
    heard = [
        one["text"] for leg, _ in legs_to(call, numbers) for one in call.entries("said", leg=leg) if one.get("text")
    ]
    yield "They hear one more menu, and no third.", unless(len(heard) == 1, f"They heard {len(heard)} more.")


# 11


@task("11-a", "what you played", hints=(
    '`play(MENU, keys="7", replies=menu)`, as in the cell above.',
))  # fmt: skip
def leads_nowhere(kit: Kit, given: Any) -> Iterator[Step]:
    if not isinstance(given, Rehearsal):
        raise NotYet("This is not a call that was played. Hand over what `play` returned.")
    inputs = given.call.entries("input")
    keys = "".join(str(one.get("digits") or "") for one in inputs)
    nowhere = bool(keys) and not {"1", "2"} & set(keys)
    yield "The caller presses a key that the menu does not have.", unless(nowhere, f"Pressed: {keys or 'nothing'}.")
    later = [one for one in sounds(given.call) if inputs and one.start >= inputs[-1]["at"]]
    yield "Nothing is heard after it.", unless(not later, quoted(spoken(given.call)))


@task("11-b", "the reply", hints=(
    "`kit.signed(json=…)` makes the header. It wants the same body as `json=` of the request.",
    '`requests.post(f"{YOUR_URL}/hotline/event", json={}, headers=kit.signed(json={}), timeout=5)`',
))  # fmt: skip
def let_in(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "POST", f"{at_home(kit)}/hotline/event")
    yield "It is signed.", unless("Authorization" in reply.request.headers, "There is no signature.")
    yield has_status(reply, 204)


@task("11-c", "your call", hints=(
    "`phone.dial(kit.number)` begins the call. Then nobody does anything: wait until it is over.",
    '`kit.wait_for(phone.dial(kit.number), "over")`',
))  # fmt: skip
def says_nothing(kit: Kit, given: Any) -> Iterator[Step]:
    call = over(kit, given)
    yield "Somebody dials your number.", unless(call.direction == "inbound", "This call was placed by a request.")
    acted = [one for one in call.entries("input") if one.get("digits") or one.get("text")]
    yield "They press nothing and say nothing.", unless(not acted, "They did.")
    asked = _times(call.entries("sound", state="started"), "sorry")
    yield "The hotline asks twice more.", unless(asked == 2, f"It said sorry {asked} times.")
    yield says(call, "Goodbye")


def _times(entries: Sequence[dict[str, Any]], word: str) -> int:
    return sum(word in str(one["text"] or "").lower() for one in entries)

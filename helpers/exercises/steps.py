"""Judges the steps of lessons 00 to 07: a value or a line in place of the dots, where the thing was just shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from ..audio.names import sound_file
from ..base.text import media_type
from ..call import Call
from ..kit import Kit
from ..settings.project import place_for
from ..simulator.account.account import OFFERS
from .judging import OTHER, NotYet, Sounding, Step, ask, call_of, over, placed, says, sounds, task, unless, works
from .signing import signed_by_you, token_of

NEAR = 0.3  # seconds by which what is read off a picture may be off
GREETING, HOLD, JINGLE, MUSIC = "greeting.mp3", "hold.mp3", "jingle.mp3", "music.mp3"


def reply_of(given: Any, method: str, start: str) -> requests.Response:
    """The reply to a request of that kind, which went to an address that begins so."""
    if not isinstance(given, requests.Response):
        raise NotYet("This is not a reply. Hand over what `requests` returned, as it is.")
    asked = f"{given.request.method} {given.request.url}"
    if not asked.startswith(f"{method} {start}"):
        raise NotYet(f"This is the reply to {asked}. Wanted is the one to {method} {start}")
    return given


def has_status(reply: requests.Response, wanted: int) -> Step:
    return f"It was answered {wanted}.", unless(reply.status_code == wanted, f"It was answered {reply.status_code}.")


def _number(given: Any, wanted: float, what: str, room: float = 0.0) -> Step:
    """The step that a number was read or worked out right. A string is not a number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise NotYet(f"{given!r} is not a number. A string becomes one with `float(…)`.")
    return what, unless(abs(given - wanted) <= room + 1e-9, f"It is not {given:g}.")


def at_home(kit: Kit) -> str:
    return kit.tunnel.url or kit.server.url


def _to_its_end(one: Sounding) -> bool:
    return one.end - one.start >= one.seconds - 0.05


def _kinds(call: Call) -> list[str]:
    return [one.url.rsplit("/", 1)[-1] or "voice" for one in sounds(call)]


def _it_heard(kinds: list[str]) -> str:
    return f"It heard: {', '.join(kinds) or 'nothing'}."


def _replies(call: Call, kind: str) -> list[int]:
    """The statuses of your replies to the webhooks of that kind, 0 for none."""
    replies = {e["request"]: e["status"] for e in call.entries("reply")}
    return [replies.get(e["request"]) or 0 for e in call.entries("webhook", type=kind)]


# 00


@task("00-a", "your call", hints=(
    "It is the first action of the third cell of this lesson. Leave out the second one.",
    '`{"action": "stream", "streamUrl": [YOUR_URL + "/audio/greeting.mp3"]}`, in a list.',
))  # fmt: skip
def the_voice(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    played = _kinds(call)
    yield "The phone hears greeting.mp3.", unless(GREETING in played, _it_heard(played))
    yield "And nothing else.", unless(len(played) == 1, _it_heard(played))


@task("00-b", "your call", hints=(
    "Three actions, as above. Only the one in the middle is another.",
    '`{"action": "stream", "streamUrl": [YOUR_URL + "/audio/hold.mp3"]}` stands between `WAIT` and `BACK`.',
))  # fmt: skip
def with_music(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    played = _kinds(call)
    order = unless(played == ["voice", HOLD, "voice"], _it_heard(played))
    yield "The phone hears a voice, hold.mp3, and a voice.", order
    music = [one for one in sounds(call) if one.url]
    yield "The music runs to its end.", unless(music and all(map(_to_its_end, music)), "It was cut off.")


@task("00-c", "your call", "the seconds", hints=(
    "The list above the picture says when each sound begins and ends. The voice is the one with the words.",
))  # fmt: skip
def voice_begins(kit: Kit, given: Any, seconds: Any) -> Iterator[Step]:
    call = placed(kit, given)
    voices = [one.start for one in sounds(call) if one.text]
    if not voices:
        raise NotYet("There is no voice in this call. Run the cell above with the two actions.")
    yield _number(seconds, voices[0] - (call.answered_at or 0), "That is when the voice begins.", NEAR)


@task("00-d", "your call", hints=(
    "The request of the cell above is right, but for its number.",
    '`to=e164("+44 7700 900001")`, and an action `talk` with the words.',
))  # fmt: skip
def without_plus(kit: Kit, given: Any) -> Iterator[Step]:
    yield says(placed(kit, given), "The plus is gone")


# 01


@task("01-a", "the secret", hints=(
    "`base64.b64decode(CODED)` turns it back, and `.decode()` makes a string of it.",
    "Before the colon stands the key, behind it the secret.",
))  # fmt: skip
def read_a_header(kit: Kit, secret: Any) -> Iterator[Step]:
    yield "That is the secret in the header.", unless(secret == "open-sesame", f"It is not {secret!r}.")


@task("01-b", "the offer", "the rent", hints=(
    "Twelve months. Turn the string into a number first.",
    '`12 * float(offer["cost"])`',
))  # fmt: skip
def rent_of_a_year(kit: Kit, offer: Any, rent: Any) -> Iterator[Step]:
    number = offer.get("msisdn") if isinstance(offer, dict) else None
    if number not in OFFERS:
        raise NotYet("The first thing is `offer`, as the cells above have it.")
    yield _number(rent, 12 * float(OFFERS[number].cost), "That is the rent of a year.")


@task("01-c", "the reply", hints=(
    "It is the request for your numbers, with another pair as `auth`.",
    'The pair: `(kit.settings.api_key, "not-my-secret")`. The address: `f"{NUMBERS}/account/numbers"`.',
))  # fmt: skip
def wrong_secret(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", f"{kit.settings.rest_url}/account/numbers")
    signed = reply.request.headers.get("Authorization", "").startswith("Basic ")
    yield "A key and a secret were sent along.", unless(signed, "There is no `auth` in your request.")
    yield has_status(reply, 401)


@task("01-d", "the number", hints=(
    '`e164("07700 900123", "GB")`: with the country, its leading 0 becomes 44.',
))  # fmt: skip
def digits_only(kit: Kit, number: Any) -> Iterator[Step]:
    yield "That is how the API wants it.", unless(number == "447700900123", f"It is not {number!r}.")


# 02


@task("02-a", "the reply", hints=(
    "Two cells above is the route. Write another greeting there, and run that cell again.",
    'Then ask: `requests.get(kit.server.url + "/hello", timeout=10)`.',
))  # fmt: skip
def another_greeting(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", kit.server.url or "http")
    yield "It is your route /hello.", unless(urlsplit(reply.url).path == "/hello", f"It is {urlsplit(reply.url).path}.")
    yield has_status(reply, 200)
    old = "from your own server" in reply.text
    yield "It says something else than before.", unless(reply.text.strip() and not old, f"It says “{reply.text[:60]}”.")


@task("02-b", "the status", hints=(
    "`kit.tunnel.off()`. Then read the status, before you switch it on again.",
    "`while_off = kit.tunnel.status`, and afterwards `YOUR_URL = kit.tunnel.on()`.",
))  # fmt: skip
def off_and_on(kit: Kit, status: Any) -> Iterator[Step]:
    yield "That is the status of a closed tunnel.", unless(status == "off", f"It is not {status!r}.")
    yield "Afterwards it is open again.", unless(kit.tunnel.url, "It is still off: `kit.tunnel.on()`.")


@task("02-c", "the reply", hints=(
    "What is sent along stands behind a `?` in the address.",
    '`requests.get(YOUR_URL + "/hello?name=Ada", timeout=10)`, with your own name.',
))  # fmt: skip
def by_name(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", f"{at_home(kit)}/hello")
    yield has_status(reply, 200)
    name = parse_qs(urlsplit(reply.url).query).get("name", [""])[0]
    yield "A name is sent along.", unless(name, f"You asked for {reply.request.path_url}.")
    yield "You are greeted by that name.", unless(name and name in reply.text, f"It says “{reply.text[:60]}”.")


@task("02-d", "the reply", hints=(
    "An event is a `POST`, and `json=` puts a dictionary into its body.",
    '`requests.post(YOUR_URL + "/event", json={"status": "ringing", "to": kit.my_number}, timeout=10)`',
))  # fmt: skip
def ringing_by_hand(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "POST", f"{at_home(kit)}/event")
    body = str(reply.request.body).replace(" ", "")
    yield "It says that a phone rings, as JSON.", unless('"status":"ringing"' in body, f"Its body is {body[:60]}.")
    yield has_status(reply, 200)


# 03


@task("03-a", "the event", "the price", hints=(
    "Seconds times the price of a minute, divided by 60.",
    '`int(completed["duration"]) * float(completed["rate"]) / 60`',
))  # fmt: skip
def price(kit: Kit, event: Any, euros: Any) -> Iterator[Step]:
    call = call_of(kit, event)
    wanted = float(kit.vonage.get_call(call.uuid)["price"])
    yield _number(euros, wanted, "That is what the call costs.", 5e-9)


@task("03-b", "your list", hints=(
    'A dictionary keeps each key once: `once[event["uuid"], event["status"]] = event`.',
    '`sorted(once.values(), key=…)` sorts them. The key is a function: `lambda event: event["timestamp"]`.',
))  # fmt: skip
def in_order(kit: Kit, events: Any) -> Iterator[Step]:
    if not isinstance(events, list) or not events or not all(isinstance(one, dict) for one in events):
        raise NotYet("Hand over a list of events.")
    call = call_of(kit, events[0])
    got, times = [one.get("status") for one in events], [str(one.get("timestamp")) for one in events]
    yield (
        "All of them are there.",
        unless(set(got) >= set(call.statuses), f"Only: {', '.join(map(str, got))}."),
    )
    yield "Each is there once.", unless(len(set(got)) == len(got), "Some are there twice.")
    yield "They are in the order of their time stamps.", unless(times == sorted(times), "They are not.")


@task("03-c", "your call", hints=(
    "`phone.declines()` first. Then `call_that_becomes` does the rest.",
    '`call_that_becomes("rejected")`',
))  # fmt: skip
def declined(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    went = f"It went {', '.join(call.statuses)}."
    yield "The phone rings.", unless("ringing" in call.statuses, went)
    yield "The person declines.", unless(call.statuses[-1:] == ["rejected"], went)


@task("03-d", "the reply", hints=(
    "As at the beginning: `requests.post(…, json=…, headers=kit.signed(json=…), timeout=10)`.",
    'The event is a dictionary: `{"status": "busy"}`. The same goes into `json=` and into `kit.signed`.',
))  # fmt: skip
def busy_by_hand(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "POST", f"{at_home(kit)}/event")
    body = str(reply.request.body).replace(" ", "")
    yield "It says busy.", unless("status" in body and "busy" in body, f"Its body is {body[:60]}.")
    yield "It is signed.", unless("Authorization" in reply.request.headers, "There is no signature.")
    yield has_status(reply, 200)


@task("03-e", "your call", hints=(
    "The app from the beginning is still there: `kit.serve(app)`.",
    'Then a call: `kit.wait_for(place(), "completed")`.',
))  # fmt: skip
def mended_route(kit: Kit, given: Any) -> Iterator[Step]:
    yield works(ask(kit, "POST", f"{at_home(kit)}/event", json={"status": "ringing"}))
    told = _replies(placed(kit, given), "event")
    lost = sum(status != 200 for status in told)
    yield "Every event of your call is taken.", unless(told and not lost, f"{lost} of {len(told)} were refused.")


# 04


@task("04-a", "the reply", hints=(
    "The method has a function of its own: `requests.head(…)`.",
    '`requests.head(f"{YOUR_URL}/music.mp3", timeout=10)`',
))  # fmt: skip
def described(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "HEAD", at_home(kit))
    yield has_status(reply, 200)
    kind = reply.headers.get("Content-Type")
    yield "It describes a sound.", unless(media_type(kind) == "audio/mpeg", f"It says {kind}.")
    size = sound_file(MUSIC).stat().st_size
    yield "And it is the music.", unless(reply.headers.get("Content-Length") == str(size), "It is of another size.")


@task("04-b", "the reply", hints=(
    "`reply` is that of the careful route. Its fingerprint is `reply.headers[\"ETag\"]`.",
    '`requests.get(CARE, headers={"If-None-Match": …}, timeout=10)`',
))  # fmt: skip
def only_if_changed(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", at_home(kit))
    tag = reply.request.headers.get("If-None-Match")
    yield "You send a fingerprint along.", unless(tag, "There is no `If-None-Match` in your request.")
    yield has_status(reply, 304)
    yield "Nothing of the sound is sent.", unless(not reply.content, f"{len(reply.content):,} bytes came.")


@task("04-c", "the reply", hints=(
    "Two dots and a slash lead to the folder above: `../pyproject.toml`.",
    "In an address the slash has to be written as `%2F`, or `requests` takes the dots away.",
    '`requests.get(f"{YOUR_URL}/with-care/..%2Fpyproject.toml", timeout=10)`',
))  # fmt: skip
def out_of_the_folder(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", at_home(kit))
    yield "The name leads out of the folder.", unless("..%2f" in (reply.request.url or "").lower(), "It does not.")
    yield "The careful route refuses it.", unless("no audio file" in reply.text, "Another route has answered.")
    yield has_status(reply, 404)


@task("04-d", "your call", "how often", hints=(
    '`care.entries("fetch")` has an entry for each play. Look at its `"cache"`.',
    "A *miss* is a request to your server.",
))  # fmt: skip
def asked_once(kit: Kit, given: Any, times: Any) -> Iterator[Step]:
    fetches = over(kit, given).entries("fetch")
    misses = sum(one["cache"] == "miss" for one in fetches)
    yield _number(times, misses, "So often your server was asked.")


@task("04-e", "your call", hints=(
    'First the app: `kit.serve(create_app(audio=Path("heard")))`.',
    'Then `play(f"{YOUR_URL}/{microphone.name}.mp3", 1)`.',
))  # fmt: skip
def your_voice(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    played = _kinds(call)
    own = [place_for("heard") / one for one in played if one.startswith("my-voice")]
    yield "It plays the copy of your voice.", unless(own, _it_heard(played))
    if own and own[0].is_file():
        heard = call.heard(own[0])
        yield "The phone hears it, whole.", unless(heard.whole, f"{heard.text}.")


# 05


@task("05-a", "the reply", hints=(
    'Two things go into `json=`: a `"name"`, and `"capabilities"`. `scratch` still has what was lost.',
    '`requests.put(SCRATCH, json={"name": "Scratch 3", "capabilities": scratch["capabilities"]}, …)`',
))  # fmt: skip
def put_back(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "PUT", f"{kit.settings.api_url}/v2/applications/")
    yield has_status(reply, 200)
    told = reply.json() if reply.ok else {}
    yield "Its name is Scratch 3.", unless(told.get("name") == "Scratch 3", f"It is {told.get('name')}.")
    able = told.get("capabilities") or {}
    yield "It can do calls again.", unless("voice" in able, "It has no capabilities: they were left out.")


@task("05-b", "your token", "the seconds", hints=(
    "It begins at `iat` and ends at `exp`.",
    '`read(payload)["exp"] - read(payload)["iat"]`',
))  # fmt: skip
def lives(kit: Kit, token: Any, seconds: Any) -> Iterator[Step]:
    _, claims = token_of(token)
    yield from signed_by_you(kit, token, kit.settings.application_id)
    yield _number(seconds, claims.get("exp", 0) - claims.get("iat", 0), "So many seconds the token lives.")


@task("05-c", "your token", "the forged one", hints=(
    "Three parts, with dots between them, as in the real one.",
    '`f"{header}.{coded}.{signature}"`',
))  # fmt: skip
def forged(kit: Kit, token: Any, given: Any) -> Iterator[Step]:
    (_, mine), (_, claims) = token_of(token), token_of(given)
    yield from signed_by_you(kit, token, kit.settings.application_id)
    longer = claims.get("exp", 0) - mine.get("exp", 0)
    yield "The forged one says that it lives longer.", unless(longer > 0, f"By {longer:g} seconds.")
    same = given.rpartition(".")[2] == token.rpartition(".")[2]
    yield "It has the signature of the real one.", unless(same, "It has another signature.")
    if longer > 0 and same:
        headers = {"Authorization": f"Bearer {given}"}
        reply = requests.get(f"{kit.settings.api_url}/v1/calls", headers=headers, timeout=10)
        yield "The Voice API is not deceived: 401.", unless(reply.status_code == 401, f"{reply.status_code}.")


@task("05-d", "the reply", hints=(
    'The header is `{"Authorization": f"Bearer {token}"}`.',
    "`requests.get(CALLS, headers=…, timeout=10)`",
))  # fmt: skip
def let_in(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", f"{kit.settings.api_url}/v1/calls")
    bearer = reply.request.headers.get("Authorization", "").startswith("Bearer ")
    yield "A token was sent along.", unless(bearer, "There is no `Authorization: Bearer …` in your request.")
    yield has_status(reply, 200)


# 06


@task("06-a", "the reply", hints=(
    "It is the request with which this section began: `GET /account/numbers`, with `params=` and `auth=`.",
    '`requests.get(f"{REST}/account/numbers", params=params, auth=LOGIN, timeout=10)`',
))  # fmt: skip
def linked(kit: Kit, given: Any) -> Iterator[Step]:
    reply = reply_of(given, "GET", f"{kit.settings.rest_url}/account/numbers")
    yield has_status(reply, 200)
    told = reply.json().get("numbers", []) if reply.ok else []
    own = [one for one in told if one["msisdn"] == kit.number]
    yield "Your number is in it.", unless(own, f"There is nothing about {kit.number}.")
    app = own[0].get("app_id") if own else None
    yield (
        "It leads to your application.",
        unless(app == kit.settings.application_id, f"To {app or 'nothing'}."),
    )


@task("06-b", "your call", hints=(
    "`phone.dial(kit.number)` returns the call. Wait until it is `answered`, and then a second: `kit.wait(1)`.",
    "`phone.hang_up()`, and then `kit.wait_for(…)` to its end.",
))  # fmt: skip
def hung_up(kit: Kit, given: Any) -> Iterator[Step]:
    call = over(kit, given)
    yield "Somebody dialled your number.", unless(call.direction == "inbound", "This call was placed by a request.")
    ended = call.entries("status", leg=call.leg)[-1].get("disconnected_by")
    yield "The caller ends it.", unless(ended == "user", f"It was ended by the {ended}.")


@task("06-c", "your call", hints=(
    "Square brackets around the action make a list of it.",
    'Then dial: `kit.wait_for(phone.dial(kit.number))`. The words are *Hello*.',
))  # fmt: skip
def a_list_of_one(kit: Kit, given: Any) -> Iterator[Step]:
    call = over(kit, given)
    asked = call.direction == "inbound" and call.entries("webhook", type="answer")
    yield "Somebody dialled, and your server was asked.", unless(asked, "This call was placed by a request.")
    yield says(call, "Hello")
    yield "That is all of it.", unless(_kinds(call) == ["voice"], _it_heard(_kinds(call)))


@task("06-d", "your call", hints=(
    'A function whose one line raises: `return NAMES["nobody"]`.',
    "`kit.serve(create_app(answer=failing))`, and dial as above.",
))  # fmt: skip
def route_raises(kit: Kit, given: Any) -> Iterator[Step]:
    call = over(kit, given)
    told = _replies(call, "answer")
    yield "Somebody dialled, and your server was asked.", unless(told, "It was not asked for an NCCO.")
    yield "Your route raised an error: the reply is 500.", unless(told[-1:] == [500], f"It is {told}.")
    yield "The caller hears nothing.", unless(not sounds(call), f"It heard: {', '.join(_kinds(call))}.")


@task("06-e", "your call", "the seconds", hints=(
    "Read it off the picture, or ask the call: `slow.longest_silence()`.",
))  # fmt: skip
def waits_for(kit: Kit, given: Any, seconds: Any) -> Iterator[Step]:
    call = over(kit, given)
    if not sounds(call):
        raise NotYet("Nothing was heard in this call.")
    yield _number(seconds, call.longest_silence().seconds or 0.0, "So long the caller hears nothing.", NEAR)


# 07


@task("07-a", "your JSON", hints=(
    "Square brackets around the address, inside the string.",
    "The quotes of JSON are double, so the string of Python has single ones.",
))  # fmt: skip
def mended_json(kit: Kit, text: Any) -> Iterator[Step]:
    from ..ncco import check

    if not isinstance(text, str):
        raise NotYet("Hand over a string: the NCCO as JSON.")
    problems = list(check(text))
    yield "It is an NCCO.", unless(not problems, str(problems[0]) if problems else "")
    yield "It plays the jingle.", unless("stream" in text and "/audio/jingle.mp3" in text, "It plays something else.")


@task("07-b", "your call", hints=(
    "`length_timer=5` is an option of the call, as `ncco` is, and not of the action.",
    '`render_ncco(TEMPLATE, {"url": YOUR_URL, "file": "music.mp3"})` is the NCCO.',
))  # fmt: skip
def cut_short(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    heard = call.heard(MUSIC)
    yield "The phone hears the music.", unless(heard.yes, f"{heard.text}.")
    yield "But not the whole of it.", unless(not heard.whole, "It hears all 27 seconds.")
    lasted = (call.ended_at or 0) - (call.answered_at or 0)
    yield "Your timer ends the call.", unless(abs(lasted - 5) < NEAR, f"It lasted {lasted:.1f} s.")


@task("07-c", "your friend's call", hints=(
    "`place` always calls `TO`. `kit.vonage.create_call(to=FRIEND, from_=kit.number, ncco=…)` calls your friend.",
    '`render_ncco(TEMPLATE, {"url": YOUR_URL, "file": "greeting.mp3"})` is the NCCO.',
))  # fmt: skip
def two_phones(kit: Kit, given: Any) -> Iterator[Step]:
    played = _kinds(placed(kit, given, OTHER))
    yield "Your friend hears greeting.mp3.", unless(played == [GREETING], _it_heard(played))


@task("07-d", "your call", hints=(
    "`kit.vonage.create_call(to=TO, from_=FOREIGN, ncco=filled)` is accepted.",
    'It is over soon: `kit.wait_for(…, "over")`.',
))  # fmt: skip
def not_your_number(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    own = [one["msisdn"] for one in kit.vonage.list_numbers(size=100).get("numbers", [])]
    yield "It comes from a number that you do not rent.", unless(call.from_ not in own, f"You rent {call.from_}.")
    ended = call.statuses[-1:] == ["rejected"]
    yield "It does not connect.", unless(ended, f"It went {', '.join(call.statuses)}.")


@task("07-e", "your call", hints=(
    "`place(ncco=[…])`, with `kit.wait_for(…)` around it.",
    '`kit.wait_for(place(ncco=[{**filled[0], "loop": 3}]))`',
))  # fmt: skip
def three_times(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    done = [one for one in call.actions if one.action == "stream" and one.state == "finished"]
    yield "One action plays a sound, to its end.", unless(len(done) == 1, f"{len(done)} did.")
    loop = done[0].options.get("loop", 1) if done else 1
    yield "It plays it three times.", unless(loop == 3, f"Its `loop` is {loop}.")


@task("07-f", "your call", "the price", hints=(
    '`kit.vonage.get_call(third.uuid)` is a dictionary. Its `"price"` is a string.',
))  # fmt: skip
def what_it_cost(kit: Kit, given: Any, euros: Any) -> Iterator[Step]:
    wanted = float(kit.vonage.get_call(over(kit, given).uuid)["price"])
    yield _number(euros, wanted, "That is what the call cost.", 5e-9)

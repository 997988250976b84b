"""Rules of the field that stood in several places once: whoever asks gets the same answer."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from helpers.audio.files import encode_wav
from helpers.audio.fitness import measure
from helpers.audio.samples import FAINT, SILENT, silences
from helpers.base.addresses import kind_of
from helpers.base.errors import KitError
from helpers.base.numbers import E164, NumberError, check_number
from helpers.base.text import nearest
from helpers.calls.arguments import STATUSES, ArgumentError, dialled
from helpers.calls.explain import explain
from helpers.calls.explanations import TABLE
from helpers.calls.from_webhooks import live_entries
from helpers.calls.statuses import BESIDE, FAILURES, LAST, LIVE, OVER
from helpers.calls.wording import telling
from helpers.ncco import ACTIONS, Ncco, Talk, check, differences, parse, render_ncco, to_python
from helpers.ncco.checking.document import as_list
from helpers.ncco.checking.lint import after_sounds
from helpers.ncco.editing.draft import Draft
from helpers.ncco.editing.paths import option_at, value_at, with_value
from helpers.ncco.models.ssml import TEXT_LIMIT, spoken_length
from helpers.ncco.problems.fixes import put
from helpers.ncco.schema import options_of, walk
from helpers.ncco.templates.values import meant
from helpers.rehearsal import play
from helpers.rehearsal.lab import items_of
from helpers.rehearsal.lab_view import _loudness
from helpers.rehearsal.paths import place_of
from helpers.rehearsal.playing import ncco_of
from helpers.server import create_app
from helpers.simulator.errors import ApiError
from helpers.simulator.legs.leg import TRANSITIONS
from helpers.simulator.phones.handsets import HandsetError
from helpers.simulator.phones.scripts import checked_step
from helpers.simulator.routes.bodies import talk_body
from helpers.simulator.routes.voice import STATUSES as FILTERS
from helpers.simulator.sound.mixing import Sound
from helpers.vonage.transport import as_json
from helpers.wire import kind
from tests.unit import calls
from tests.unit.ncco_strategies import PATHS

TALK = {"action": "talk", "text": "Hello"}
LEG = {"uuid": calls.LEG, "conversation_uuid": calls.TALK}
KINDS: dict[str, dict[str, Any]] = {
    "status": {"status": "busy", "detail": "busy"},
    "transfer": {"conversation_uuid_from": calls.TALK, "conversation_uuid_to": "CON-2", "type": "transfer"},
    "input": {"speech": {"results": []}},
    "record": {"recording_url": "https://api.nexmo.com/v1/files/1", "size": 5},
    "error": {"reason": "Syntax error"},
    "notify": {"payload": {"reason": "mine"}},
}


@pytest.mark.parametrize("what", KINDS)
def test_what_sort_of_webhook_it_is(what: str) -> None:
    event = LEG | KINDS[what]
    assert kind(event) == what
    arrow, _ = telling({"type": "event", "payload": event})
    assert {"status": "busy", "record": "recording"}.get(what, what) in arrow
    key = {"status": "status:busy", "input": "event:input_nothing", "error": "reason:other"}.get(what, f"event:{what}")
    assert explain(event).sentence.startswith(TABLE[key][0]) or what == "error"
    told = next(entry for entry in live_entries([event]) if entry["kind"] == "webhook")
    assert told["type"] == (what if what in ("input", "notify", "error") else "event")


def test_what_a_call_is_fetched_with_is_told_by_what_for() -> None:
    """Its parameters are the same; an NCCO for a transfer is not the answer to a call."""
    parameters = LEG | {"from": "447700900500", "to": "447700900001"}
    assert kind(parameters) == "answer"
    assert telling({"type": "answer", "payload": parameters}) == ("", "from 447700900500 to 447700900001")
    assert telling({"type": "transfer", "payload": parameters}) == (" · transfer", "")


def test_a_field_of_the_learner_does_not_make_another_sort_of_a_webhook() -> None:
    """In this order, as the official SDKs look: a status first, a payload last."""
    everything = {name: value for event in KINDS.values() for name, value in event.items()}
    assert kind(LEG | everything) == "status"
    assert kind(LEG | {"reason": "x", "original_request": {"url": "https://example.com", "type": "answer"}}) == "answer"


def test_which_statuses_end_a_call() -> None:
    final = {status for _, to in TRANSITIONS.items() for status in to} - set(TRANSITIONS)
    assert final == set(LAST) == {"completed", "rejected"}
    assert set(OVER) == {"completed", *FAILURES} and not set(OVER) & set(LIVE)
    assert {*LIVE, *OVER} == {*TRANSITIONS, *final}
    assert {*STATUSES} == {*LIVE, *OVER, *BESIDE, "over"} and {*LIVE, *OVER} < {*FILTERS}
    script = calls.Script()
    script.status(1.0, "ringing")
    script.status(2.0, "rejected")
    call = script.call()
    assert call.ended_at is not None and call.since_start(call.ended_at) == 2.0


@pytest.mark.parametrize(
    ("number", "takes", "rings"), [("447700900001", True, True), ("112", False, True), ("07700900001", False, False),
                                   ("+447700900001", False, False), ("4477009000012345", False, False)]
)  # fmt: skip
def test_what_the_api_takes_as_a_number_and_what_a_phone_can_have(number: str, takes: bool, rings: bool) -> None:
    assert bool(E164.fullmatch(number)) is takes and (kind_of(number) == "phone") is rings
    problems = check([{"action": "connect", "endpoint": [{"type": "phone", "number": number}], "from": "447700900002"}])
    assert (not [one for one in problems if one.severity == "error"]) is takes
    for ask, good, fault in ((check_number, takes, NumberError), (dialled, rings, ArgumentError)):
        if good:
            assert ask(number) == number
        else:
            with pytest.raises(fault):
                ask(number)


def test_silence_is_one_level_for_whole_and_for_broken_sounds() -> None:
    loud = np.full(800, round(32768 * SILENT * 1.1), np.int16)
    soft = np.full(800, round(32768 * SILENT * 0.9), np.int16)
    assert silences(np.concatenate([loud, soft, loud, soft[:100]]), 8000) == [(0.1, 0.2)]
    assert silences(np.concatenate([soft] * 1000), 8000) == [(0.0, 100.0)]  # longer than is looked at in one


def test_what_is_too_faint_is_so_for_speech_for_a_file_and_for_a_loudness() -> None:
    loud, soft = (level * FAINT * np.tile(np.array([1, -1], np.float32), 4000) for level in (1.1, 0.9))
    assert Sound(loud).loud and not Sound(soft).loud
    assert _loudness(loud) is not None and _loudness(soft) is None
    assert [measure(encode_wav(one, 8000))[0].silent for one in (loud, soft)] == [False, True]


def test_a_near_name_is_found_whatever_its_case() -> None:
    known = ["streamUrl", "level", "loop"]
    assert all(meant(word, known) == nearest(word, known) for word in ("streamurl", "StreamURL", "lvel", "zzz", "LOOP"))
    dotted = ["msg.payload", "msg.call.from", "name"]
    assert [meant(word, dotted) for word in ("Payload", "msg.from", "nmae", "call.from", "frmo", "zzz")] == [
        "msg.payload", "msg.call.from", "name", "msg.call.from", "msg.call.from", ""
    ]  # fmt: skip
    assert [nearest(word, known) for word in ("streamurl", "StreamURL", " lvel ", "x" * 101, "zzz", 5)] == [
        "streamUrl", "streamUrl", "level", "", "", ""
    ]  # fmt: skip


class Draftlike:
    """Whatever has ``to_list()``, as a draft and a builder have."""

    def to_list(self) -> list[Any]:
        return [dict(TALK)]


@pytest.mark.parametrize(
    "ncco", [[TALK], (TALK,), json.dumps([TALK]), json.dumps([TALK]).encode(), Ncco([TALK]), [Talk(text="Hello")],
             Draft([TALK]), Draftlike()], ids=lambda one: type(one).__name__
)  # fmt: skip
def test_an_ncco_is_taken_in_any_form(ncco: Any) -> None:
    assert as_list(ncco) == parse(ncco).to_list() == render_ncco(ncco, {}) == [TALK] and check(ncco) == []
    assert to_python(ncco) == to_python([TALK]) and differences(ncco, [TALK]) == [] and Draft(ncco).to_list() == [TALK]
    assert items_of(ncco, None) == items_of(ncco, {}) == ncco_of(ncco, None).to_list() == [TALK]
    if not isinstance(ncco, (str, bytes)):
        fix = put("", ("text",), "Bye").at(0)
        assert fix.apply(ncco) == [{**TALK, "text": "Bye"}]
    if not isinstance(ncco, bytes):
        assert create_app(answer=ncco, audio=None).test_client().get("/answer").json == [TALK]
    if not isinstance(ncco, (str, bytes)):
        assert json.loads(as_json({"ncco": ncco})) == {"ncco": [TALK]}


@pytest.mark.parametrize(
    ("text", "fits"),
    [("a" * 1500, True), ("a" * 1501, False), (f"<speak>{'a' * 1500}<break time='1s'/></speak>", True),
     (f"<speak>{'a' * 1501}</speak>", False), ("<s>" + "a" * 1498, False), ("<speak>" + "&amp;" * 300, True)],
    ids=["plain", "too long", "with tags", "too long with tags", "tags that are read aloud", "entities"],
)  # fmt: skip
def test_how_many_characters_are_spoken_at_once(text: str, fits: bool) -> None:
    """Tags do not count, where they are tags: in an NCCO, in a request to a running call, in what a person says."""
    assert (spoken_length(text) <= TEXT_LIMIT) is fits
    assert (not [one for one in check([{**TALK, "text": text}]) if one.rule == "text-too-long"]) is fits
    for ask, fault in ((lambda: talk_body({"text": text}), ApiError),
                       (lambda: checked_step({"do": "say", "text": text}), HandsetError)):  # fmt: skip
        if fits:
            ask()
        else:
            with pytest.raises(fault):
                ask()


@pytest.mark.parametrize(("action", "path"), PATHS)
def test_an_option_has_one_path_for_whoever_asks(action: str, path: str) -> None:
    """The editor and the option lab: ``endpoint.number`` for ``endpoint.phone.number``, groups made on the way."""
    group, _, inside = path.partition(".")
    kind, _, option = inside.partition(".")
    variant = group == "endpoint" and inside
    item: dict[str, Any] = {"action": action, **({"endpoint": [{"type": kind}]} if variant else {})}
    written = f"endpoint.{option}" if variant and option else path
    known = dict(walk(options_of(ACTIONS[action])))[path]
    assert option_at(item, written) == known
    items = [copy.deepcopy(item)]
    place = place_of(items, f"0.{written}")
    place.set(items, known.choices[0] if known.choices else known.example)
    assert place.option == known
    assert [with_value(item, written, value_at(items[0], written))] == items
    wrong = ".".join([*written.split(".")[:-1], "zzz"])
    with pytest.raises(KitError) as in_editor:
        with_value(items[0], wrong, 1)
    with pytest.raises(KitError) as in_lab:
        place_of(items, f"0.{wrong}")
    assert in_lab.value.message == in_editor.value.message.replace('"', '"0.', 1)


def test_an_endpoint_that_is_not_there_is_a_phone_for_whoever_makes_it() -> None:
    items = [{"action": "connect"}]
    made = with_value(items[0], "endpoint.number", "447700900001")
    place_of(items, "0.endpoint.number").set(items, "447700900001")
    assert items == [made] == [{"action": "connect", "endpoint": [{"type": "phone", "number": "447700900001"}]}]


TEXT = {**TALK, "text": "Please press one for sales, two for support, three for anything else."}
SOFT = {**TEXT, "bargeIn": True}
WORDS = {"action": "input", "type": ["dtmf", "speech"]}


@pytest.mark.parametrize(
    ("ncco", "interrupted"),
    [([SOFT, WORDS], [0]), ([TEXT, SOFT, TEXT, TEXT, WORDS], [1]), ([SOFT, WORDS, TEXT, WORDS], [0]),
     ([TEXT, WORDS, SOFT, TEXT, WORDS], [2]), ([TEXT, WORDS], [])],
)  # fmt: skip
def test_barge_in_holds_until_the_input_that_comes_next(ncco: list[Any], interrupted: list[int]) -> None:
    """So says the check, so does the network, and so does the person of a rehearsal."""
    names = [one["action"] for one in ncco]
    places = [after_sounds(names, index) for index in interrupted]
    assert check(ncco) == [] and [names[place] for place in places] == ["input"] * len(places)
    wrong = [*ncco[: places[0]], {"action": "wait"}, *ncco[places[0] :]] if places else ncco
    assert ("barge-in-needs-input" in [one.rule for one in check(wrong)]) is bool(places)
    call = play(ncco, says=["yes"] * names.count("input")).call
    cut = [(one["index"], one["why"]) for one in call.entries("action") if one["state"] == "stopped"]
    assert cut == [(index, "speech") for index in interrupted]
    skipped = [one["index"] for one in call.entries("action") if one["state"] == "skipped"]
    assert skipped == [n for start, end in zip(interrupted, places, strict=True) for n in range(start + 1, end)]

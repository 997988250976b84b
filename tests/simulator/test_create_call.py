"""POST /v1/calls: what it takes, and which family of error says what is wrong."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.simulator.world import World

PHONE = {"type": "phone", "number": "447700900001"}
FROM = {"type": "phone", "number": "447700900500"}
WAIT = [{"action": "wait"}]


@pytest.mark.fidelity("call-created", "uuid-forms")
def test_a_good_call_answers_with_four_fields(world: World) -> None:
    reply = world.voice("POST", "", world.order())
    assert reply.status_code == 201
    made = reply.json()
    assert list(made) == ["uuid", "status", "direction", "conversation_uuid"]
    assert (made["status"], made["direction"]) == ("started", "outbound")
    assert len(made["uuid"]) == 36
    assert made["uuid"].count("-") == 4
    assert made["conversation_uuid"].startswith("CON-")
    assert len(made["conversation_uuid"]) == 40


@pytest.mark.fidelity("error-families", "error-missing-fields", "call-required")
@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"to": None}, {"to"}),
        ({"from": None}, {"from"}),
        ({"from": None, "random_from_number": False}, {"from"}),
        ({"ncco": None}, {"answer_url"}),
        ({"to": None, "from": None, "ncco": None}, {"to", "from", "answer_url"}),
    ],
)
def test_a_missing_field_is_family_b(world: World, fields: dict[str, Any], missing: set[str]) -> None:
    reply = world.voice("POST", "", world.order(**fields))
    assert reply.status_code == 400
    assert reply.json() == {
        "type": "BAD_REQUEST",
        "error_title": "Bad Request",
        "invalid_parameters": dict.fromkeys(missing, "Is required."),
    }


@pytest.mark.fidelity("call-event-url")
def test_an_event_url_is_required_when_the_application_has_none(world: World) -> None:
    world.app = world.application(event=False)
    reply = world.voice("POST", "", world.order())
    assert reply.json()["invalid_parameters"] == {"event_url": "Is required."}
    assert world.voice("POST", "", world.order(event_url=["https://example.com/e"])).status_code == 201


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"to": PHONE}, "to"),
    ({"to": []}, "to"),
    ({"to": [PHONE, PHONE]}, "to"),
    ({"to": ["447700900001"]}, "to"),
    ({"to": "447700900001"}, "to"),
    ({"to": [{"number": "447700900001"}]}, "type"),
    ({"to": [{"type": "fax", "number": "447700900001"}]}, "type"),
    ({"to": [{"type": ["phone"], "number": "447700900001"}]}, "type"),
    ({"to": [{"type": "sip"}]}, "uri"),
    ({"to": [{"type": "app", "user": 1}]}, "user"),
    ({"to": [PHONE | {"dtmfAnswer": "1a"}]}, "dtmfAnswer"),
    ({"to": [PHONE | {"dtmfAnswer": 12}]}, "dtmfAnswer"),
    ({"from": "447700900500"}, "from"),
    ({"from": [FROM]}, "from"),
    ({"from": {"type": "phone"}}, "from.number"),
    ({"from": {"type": "sip", "number": "447700900500"}}, "from.type"),
    ({"from": {"type": "phone", "number": "+447700900500"}}, "from.number"),
    ({"random_from_number": True}, "random_from_number"),
    ({"random_from_number": "true"}, "random_from_number"),  # beside a from
    ({"random_from_number": "maybe"}, "random_from_number"),
    ({"from": None, "random_from_number": True}, "random_from_number"),  # no number is linked
    ({"ncco": WAIT, "answer_url": ["https://example.com/a"]}, "ncco"),
    ({"ncco": {"action": "wait"}}, "ncco"),
    ({"ncco": "[]"}, "ncco"),
    ({"ncco": []}, "ncco"),
    ({"ncco": [{"action": "sing"}]}, "ncco[0].action"),
    ({"ncco": [{"action": "wait"}, {"action": "stream", "streamUrl": "https://example.com/a.mp3"}]},
     "ncco[1].streamUrl"),
    ({"ncco": [{"action": "talk", "text": "x", "level": 7}]}, "ncco[0].level"),
    ({"ncco": None, "answer_url": "https://example.com/a"}, "answer_url"),
    ({"ncco": None, "answer_url": []}, "answer_url"),
    ({"ncco": None, "answer_url": ["ftp://example.com"]}, "answer_url"),
    ({"ncco": None, "answer_url": ["http://[::1"]}, "answer_url"),
    ({"ncco": None, "answer_url": ["https://example.com/a", "https://example.com/b"]}, "answer_url"),
    ({"ncco": None, "answer_url": ["https://example.com/a"], "answer_method": "PUT"}, "answer_method"),
    ({"event_url": "https://example.com/e"}, "event_url"),
    ({"event_url": [None]}, "event_url"),
    ({"event_method": "put"}, "event_method"),
    ({"machine_detection": "maybe"}, "machine_detection"),
    ({"length_timer": 0}, "length_timer"),
    ({"length_timer": 86_401}, "length_timer"),
    ({"length_timer": "0"}, "length_timer"),
    ({"length_timer": "a minute"}, "length_timer"),
    ({"ringing_timer": 0}, "ringing_timer"),
    ({"ringing_timer": 121}, "ringing_timer"),
    ({"ringing_timer": True}, "ringing_timer"),
    ({"ringing_timer": 5.5}, "ringing_timer"),
]  # fmt: skip


@pytest.mark.fidelity(
    "error-families",
    "error-wrong-fields",
    "call-required",
    "call-timers",
    "call-wrong-ncco",
    "ncco-empty",
    "call-one-target",
)
@pytest.mark.parametrize(("fields", "name"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_field_is_family_c_and_named(world: World, fields: dict[str, Any], name: str) -> None:
    reply = world.voice("POST", "", world.order(**fields))
    problem = reply.json()
    assert reply.status_code == 400
    assert (problem["type"], problem["title"]) == (400, "Bad Request")
    assert list(problem) == ["type", "title", "invalid_parameters"]
    assert name in [one["name"] for one in problem["invalid_parameters"]], problem
    assert all(set(one) == {"reason", "name"} for one in problem["invalid_parameters"])


@pytest.mark.fidelity("call-number")
@pytest.mark.parametrize(
    "number",
    ["+44 7700 900001", "+447700900001", "00447700900001", "07700900001", "447700 900001", "44770090000a", "447700",
     "4477009000011234", "", None, 447700900001, "٤٤٧٧٠٠٩٠٠٠٠١", "447700900001\n", ["447700900001"]],
)  # fmt: skip
def test_a_number_is_digits_and_nothing_else(world: World, number: Any) -> None:
    reply = world.voice("POST", "", world.order(to=[{"type": "phone", "number": number}]))
    assert reply.status_code == 400
    assert [one["name"] for one in reply.json()["invalid_parameters"]] == ["number"]


@pytest.mark.fidelity("error-wrong-fields")
def test_everything_that_is_wrong_is_said_at_once(world: World) -> None:
    reply = world.voice("POST", "", world.order(to={}, ncco={}, ringing_timer=0))
    assert {one["name"] for one in reply.json()["invalid_parameters"]} == {"to", "ncco", "ringing_timer"}


@pytest.mark.fidelity("call-unknown-fields", "call-timers")
@pytest.mark.parametrize(
    "fields",
    [{"length_timer": 86_400}, {"ringing_timer": 1}, {"ringing_timer": 120}, {"answer_method": "POST"},
     {"machine_detection": "continue"}, {"to": [PHONE | {"dtmfAnswer": "1p2#"}]}, {"unheard_of": {"x": None}},
     {"from": {"number": "447700900500"}}, {"event_method": "GET"}],
    ids=str,
)  # fmt: skip
def test_a_good_field_is_taken(world: World, fields: dict[str, Any]) -> None:
    assert world.voice("POST", "", world.order(**fields)).status_code == 201


@pytest.mark.fidelity("call-random-from")
def test_a_random_number_is_one_of_the_applications_own(world: World) -> None:
    world.rent("12025550150", "US")
    for number, country in ((world.number, "GB"), ("12025550150", "US")):
        world.numbers("update", country=country, msisdn=number, app_id=world.app)
    world.rent("447700900501")  # not linked
    for to, expected in (("447700900001", world.number), ("12025550199", "12025550150")):
        order = world.order(to=[{"type": "phone", "number": to}], random_from_number=True, **{"from": None})
        call = world.voice("POST", "", order).json()["uuid"]
        assert world.one(call, "leg")["from"] == expected


def test_the_order_is_in_the_record(world: World) -> None:
    call = world.call()
    noted = world.one(call, "request")
    assert (noted["method"], noted["path"], noted["status"]) == ("POST", "/v1/calls", 201)
    assert noted["body"] == world.order()
    assert world.trace(call)[0]["kind"] == "leg"


@pytest.mark.fidelity("error-verb-and-type", "error-broken-json", "media-types")
def test_broken_json_is_family_a_another_type_and_another_verb_family_b(world: World) -> None:
    replies = [
        world.voice("POST", data="{", headers={"Content-Type": "application/json"}),
        world.voice("POST", data="to=1", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        world.voice("PATCH"),
    ]
    assert [reply.status_code for reply in replies] == [400, 415, 405]
    broken, *others = [reply.json() for reply in replies]
    assert list(broken) == ["type", "title", "detail", "instance"]
    assert others == [
        {"type": "UNSUPPORTED_MEDIA_TYPE", "error_title": "Unsupported Media Type"},
        {"type": "METHOD_NOT_ALLOWED", "error_title": "Method Not Allowed"},
    ]


@pytest.mark.fidelity("error-trace-id")
def test_family_a_names_its_trace(world: World) -> None:
    reply = world.voice("POST", data="{", headers={"Content-Type": "application/json"})
    assert reply.json()["instance"] == reply.headers["x-nexmo-trace-id"] != ""


@pytest.mark.fidelity("media-types")
@pytest.mark.parametrize(
    ("kind", "status"),
    [("Application/JSON", 201), ("application/json;charset=UTF-8", 201), ("application/vnd.api+json", 201),
     ("text/json", 415), ("application/jsonp", 415), ("x", 415)],
)  # fmt: skip
def test_media_types_are_compared_without_case_and_parameters(world: World, kind: str, status: int) -> None:
    reply = world.voice("POST", data=json.dumps(world.order()), headers={"Content-Type": kind})
    assert reply.status_code == status


@pytest.mark.fidelity("call-slash")
def test_a_slash_at_the_end_means_nothing(world: World) -> None:
    call = world.voice("POST", "/", world.order()).json()["uuid"]
    assert world.voice("GET", f"/{call}/").json()["uuid"] == call
    assert world.voice("GET", "//").status_code == 404
    assert world.one(call, "request")["path"] == "/v1/calls"


@pytest.mark.fidelity("address-capitals")
def test_a_scheme_in_capitals_is_one(world: World) -> None:
    loud = world.learner.on("/answer", WAIT).replace("http://", "HTTP://")
    call = world.call(ncco=None, answer_url=[loud], event_url=["Https://example.com/e"])
    world.network.advance(3)
    assert world.one(call, "ncco")["source"] == "answer_url"


TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"length_timer": "3"}, "the number 3"),
    ({"ringing_timer": "1"}, "the number 1"),
    ({"event_method": "post"}, "read as POST"),
    ({"random_from_number": "false"}, "read as false"),
    ({"machine_detection": None, "answer_url": None}, "answer_url of the request is null"),
    ({"to": [PHONE | {"dtmfAnswer": None}]}, "dtmfAnswer of phone is null"),
]


@pytest.mark.fidelity("body-as-text", "null-is-absent")
@pytest.mark.parametrize(("fields", "said"), TAKEN, ids=str)
def test_what_old_clients_send_is_taken_and_the_record_says_so(world: World, fields: dict[str, Any], said: str) -> None:
    body = world.order() | fields  # order() itself leaves out what is None
    reply = world.voice("POST", "", body)
    assert reply.status_code == 201
    call = reply.json()["uuid"]
    assert world.one(call, "request")["body"] == body
    assert any(said in one["text"] for one in world.trace(call, "note"))


@pytest.mark.fidelity("body-as-text")
def test_timers_as_text_count(world: World) -> None:
    call = world.call(length_timer="3")
    world.network.advance(60)
    assert world.voice("GET", f"/{call}").json()["duration"] == "3"


@pytest.mark.fidelity("error-accept-elsewhere")
def test_voice_does_not_look_at_accept(world: World) -> None:
    reply = world.voice("POST", "", world.order(), headers={"Accept": "text/html"})
    assert (reply.status_code, reply.headers["content-type"]) == (201, "application/json")


@pytest.mark.fidelity("error-reasons")
@pytest.mark.parametrize(
    ("fields", "name"),
    [({"to": {}}, "to"), ({"ncco": {}}, "ncco"), ({"event_url": "https://example.com/e"}, "event_url"),
     ({"from": []}, "from"), ({"ncco": None, "answer_url": "https://example.com/a"}, "answer_url")],
)  # fmt: skip
def test_a_wrong_type_has_the_reason_that_was_seen(world: World, fields: dict[str, Any], name: str) -> None:
    [problem] = world.voice("POST", "", world.order(**fields)).json()["invalid_parameters"]
    assert problem["name"] == name
    assert problem["reason"].startswith("Invalid type parameter provided")


def test_wrong_verbs_are_a_405(world: World) -> None:
    for method, path in (("DELETE", ""), ("HEAD", ""), ("PATCH", "/x"), ("POST", "/x"), ("GET", "/x/stream")):
        assert world.voice(method, path).status_code == 405, (method, path)
    assert world.voice("GET", "/x/y/z").status_code == 404


ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", "x", "447700900001", "\ud83d\ude00", [], [None], [[]], {}, {"type": "phone"},
    [{"type": "phone", "number": 5}], {"a": {"b": [1]}}, "x" * 3000, ["http://127.0.0.1:99999/"], ["http://\x00/"],
    [{"action": "stream", "streamUrl": ["http://"], "loop": 10**30}], [{"action": ["stream"]}], [{"action": None}],
    [{"action": "talk", "text": {"a": 1}, "bargeIn": []}], [{"action": "input", "type": [{}], "dtmf": {"timeOut": []}}],
    [{"action": "wait", "timeout": "x"}], [{"action": "connect", "endpoint": {}}], [{"action": "notify", "payload": 1}],
]  # fmt: skip
FIELDS = ["to", "from", "ncco", "answer_url", "answer_method", "event_url", "event_method", "machine_detection",
          "advanced_machine_detection", "length_timer", "ringing_timer", "random_from_number"]  # fmt: skip


@pytest.mark.slow
def test_no_body_makes_it_stumble(world: World) -> None:
    chance = random.Random(5)
    statuses = set()
    for _ in range(250):
        body = world.order() | {field: chance.choice(ODD) for field in chance.sample(FIELDS, chance.randint(1, 3))}
        reply = world.voice("POST", "", body)
        assert reply.status_code in (201, 400), json.dumps(body)
        statuses.add(reply.status_code)
        if reply.status_code == 201:
            world.advance(3)
    assert statuses == {201, 400}
    world.advance(100)
    entries = [e for call in world.control("GET", "/calls").json() for e in world.trace(call["uuid"])]
    assert not [e for e in entries if e["kind"] == "error" and "simulator failed" in e["reason"]]


@pytest.mark.fidelity("error-did-you-mean")
@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"ncco": [{"action": "steam", "streamUrl": ["https://example.com/a.mp3"]}]}, "ncco[0].action", '"stream"?'),
        ({"ncco": [{"action": "talk", "text": "a", "Language": "en-GB"}]}, "ncco[0].Language", "language?"),
        ({"ncco": [{"action": "stream", "streamurl": ["https://a.example"]}]}, "ncco[0].streamurl", "streamUrl?"),
        ({"ncco": [{"action": "talk\u200b", "text": "a"}]}, "ncco[0].action", '"talk"?'),
        ({"machine_detection": "continues"}, "machine_detection", '"continue"?'),
        ({"event_url": ["https://example.com"], "event_method": "PSOT"}, "event_method", '"POST"?'),
        ({"to": [{"type": "phnoe", "number": PHONE}]}, "type", '"phone"?'),
    ],
)
def test_a_reason_says_what_was_probably_meant(world: World, fields: dict[str, Any], name: str, said: str) -> None:
    refused = world.voice("POST", "", world.order(**fields))
    reasons = {one["name"]: one["reason"] for one in refused.json()["invalid_parameters"]}
    assert f"Did you mean {said}" in reasons[name]


@pytest.mark.fidelity("error-did-you-mean", "error-missing-fields")
@pytest.mark.parametrize("wrong", ["answerUrl", "answerurl", "anwser_url"])
def test_a_field_that_is_missing_is_looked_for_under_other_names(world: World, wrong: str) -> None:
    refused = world.voice("POST", "", world.order(ncco=None, **{wrong: ["https://example.com/"]}))
    assert refused.json()["invalid_parameters"] == {"answer_url": f'Is required. Did you mean it by "{wrong}"?'}


@pytest.mark.fidelity("request-unknown-field")
def test_a_field_nobody_knows_is_ignored_and_the_record_says_what_was_meant(world: World) -> None:
    call = world.call(lenght_timer=5, x=1)
    assert [one["text"] for one in world.trace(call, "note")] == [
        '"lenght_timer" does nothing here. Did you mean length_timer?'
    ]

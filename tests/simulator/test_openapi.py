"""The OpenAPI document: complete, valid, derived from the models, and true of every reply, whatever is asked."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import requests

from helpers.ncco.models.actions import ACTIONS
from helpers.ncco.schema import options_of, walk
from helpers.simulator import Simulator
from helpers.simulator.routes.openapi import document
from tests.simulator.standalone import standalone
from tests.simulator.world import PHONE, Json, Keys, Learner, World

# The libraries that know JSON schemas take seconds to load; only a test that needs one loads it.
if TYPE_CHECKING:
    import jsonschema

pytestmark = pytest.mark.fidelity("openapi")
URL = "http://127.0.0.1:1/x"
REQUESTS = 310  # every operation with right data and with wrong, twice round
GROWTH = 15  # megabytes
NUMBER = "447700900500"


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Checks data against one component of the document."""
    import jsonschema

    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document()})


def pairs(described: Json) -> set[tuple[str, str]]:
    """Every path with each of its methods."""
    return {(path, method) for path, item in described["paths"].items() for method in item if method != "parameters"}


def test_it_is_served_without_a_token_and_holds_no_secret(world: World) -> None:
    reply = requests.get(f"{world.network.url}/simulator/openapi.json", timeout=60)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json() == document()
    account = world.network.account
    assert not any(s in reply.text for s in (world.network.token, account.api_secret, account.signature_secret))


def test_its_paths_are_the_routes_that_run(exchange: Simulator) -> None:
    assert exchange._server is not None
    app: Any = exchange._server.config.app
    running = pairs(app.openapi())  # what FastAPI knows of its routes
    assert pairs(document()) == running
    assert len(running) > 35


@pytest.mark.slow
def test_it_is_valid_openapi() -> None:
    import schemathesis

    schemathesis.openapi.from_dict(document()).validate()
    broken = deepcopy(document())
    broken["paths"]["/v1/calls"]["post"]["responses"] = []
    with pytest.raises(Exception, match=r"responses|not of type"):
        schemathesis.openapi.from_dict(broken).validate()


@pytest.mark.slow
def test_every_name_in_it_leads_somewhere() -> None:
    import jsonschema

    def inside(value: Any) -> Any:
        yield value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from inside(inner)

    whole = document()
    names = [one["$ref"] for one in inside(whole) if isinstance(one, dict) and isinstance(one.get("$ref"), str)]
    schemas = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert set(names) <= schemas
    ids = [one["operationId"] for one in inside(whole) if isinstance(one, dict) and "operationId" in one]
    assert len(ids) == len(set(ids)) > 35
    for schema in whole["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_ncco_schema_says_what_the_models_say() -> None:
    """Every option is there, with its range and its choices, and nothing else is."""
    schemas = document()["components"]["schemas"]
    for name, model in ACTIONS.items():
        schema = schemas[model.__name__]
        assert list(schema["properties"]) == ["action", *(option.name for option in options_of(model))]
        assert schema["properties"]["action"]["const"] == name
        assert schema["additionalProperties"] is True
        for option in options_of(model):
            facts = schema["properties"][option.name]
            facts = facts["anyOf"][0] if option.is_number else facts
            assert (option.name in schema["required"]) == option.required
            if (name, option.name) != ("wait", "timeout"):  # its range is clamped, not refused
                assert (facts.get("minimum"), facts.get("maximum")) == (option.minimum, option.maximum), option.name
    assert sum(1 for model in ACTIONS.values() for _ in walk(options_of(model))) > 90


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ACTIONS))
def test_the_examples_of_the_models_are_valid_and_wrong_values_are_not(name: str) -> None:
    options = options_of(ACTIONS[name])
    left_out = {"sip": (), "connect": ("randomFromNumber",)}.get(name, ())
    action = {"action": name} | {o.name: o.example for o in options if o.example is not None and o.name not in left_out}
    check = validator("Ncco")
    check.validate([action])
    check.validate([{**action, "invented": 1}])
    assert not check.is_valid([{**action, "action": "dance"}])
    assert not check.is_valid([])
    for option in options:
        if option.required:
            assert not check.is_valid([{key: value for key, value in action.items() if key != option.name}])


def orders() -> list[tuple[Json, bool]]:
    """Bodies of ``POST /v1/calls``, and whether they are right."""
    good: Json = {
        "to": [{"type": "phone", "number": PHONE}],
        "from": {"type": "phone", "number": NUMBER},
        "ncco": [{"action": "wait", "timeout": 5}],
    }
    to: Json = good["to"][0]
    by_url = {k: v for k, v in good.items() if k != "ncco"} | {"answer_url": [URL]}
    nobody = {k: v for k, v in good.items() if k != "from"}
    right: list[Json] = [
        good, by_url, nobody | {"random_from_number": True}, good | {"random_from_number": False}, good | {"more": 1},
        good | {"length_timer": 86_400, "ringing_timer": 1}, good | {"machine_detection": "continue"},
        good | {"advanced_machine_detection": {"mode": "detect", "beep_timeout": 30}},
        good | {"to": [{**to, "dtmfAnswer": "1p#"}]}, good | {"from": {"number": NUMBER}},
        good | {"to": [{"type": "sip", "uri": "sip:desk@sip.example.com"}]}, good | {"event_url": [URL]},
        good | {"to": [{"type": "vbc", "extension": "12"}]}, good | {"to": [{"type": "app", "user": "jamie"}]},
        good | {"ncco": [{"action": "stream", "streamUrl": [URL], "level": "0.5", "loop": "2"}]},
        good | {"ncco": [{"action": "wait", "timeout": "0.5", "invented": {"x": None}}]},
    ]  # fmt: skip
    wrong: list[Json] = [
        {}, {k: v for k, v in good.items() if k != "to"}, nobody, good | {"answer_url": [URL]},
        good | {"random_from_number": True}, good | {"to": to}, good | {"to": []}, good | {"to": [to, to]},
        good | {"to": [{"type": "phone", "number": "+44 7700 900001"}]}, good | {"to": [{"type": "fax"}]},
        good | {"to": [{"type": "phone", "number": "4٤٧٧٠٠٩٠٠٠٠١"}]}, good | {"from": NUMBER},
        good | {"length_timer": 0}, good | {"length_timer": 86_401}, good | {"ringing_timer": 121},
        good | {"ringing_timer": True}, good | {"machine_detection": "perhaps"},
        good | {"advanced_machine_detection": {"beep_timeout": 29}}, good | {"event_method": "PUT"},
        by_url | {"answer_url": URL}, by_url | {"answer_url": [URL, URL]}, by_url | {"answer_url": ["ftp://x"]},
        good | {"ncco": []}, good | {"ncco": [{"action": "dance"}]}, good | {"ncco": {"action": "wait"}},
        good | {"ncco": [{"action": "talk", "text": ["Hello"], "invented": 1}]},
    ]  # fmt: skip
    return [(body, True) for body in right] + [(body, False) for body in wrong]


@pytest.mark.slow
def test_it_takes_and_refuses_the_same_calls_as_the_api(world: World) -> None:
    world.link()
    check = validator("NewCall")
    for body, fits in orders():
        assert check.is_valid(body) == fits, body
        assert world.voice("POST", "", body).status_code == (201 if fits else 400), body


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "fits"),
    [({"action": "mute"}, True), ({"action": "transfer", "destination": {"type": "ncco", "url": [URL]}}, True),
     ({"action": "transfer", "destination": {"type": "ncco", "ncco": [{"action": "wait"}]}}, True),
     ({"action": "dance"}, False), ({}, False), ({"action": "transfer"}, False),
     ({"action": "transfer", "destination": {"type": "ncco", "url": URL}}, False),
     ({"action": "transfer", "destination": {"type": "ncco"}}, False),
     ({"action": "transfer", "destination": {"type": "ncco", "url": [URL], "ncco": [{"action": "wait"}]}}, False)],
)  # fmt: skip
def test_it_takes_and_refuses_the_same_changes_as_the_api(world: World, change: Json, fits: bool) -> None:
    call = world.answered_call()
    assert validator("Change").is_valid(change) == fits
    assert world.voice("PUT", f"/{call}", change).status_code == (204 if fits else 400)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "fits"),
    [({"do": "wait", "seconds": 2}, True), ({"do": "wait"}, False), ({"do": "wait", "seconds": -1}, False),
     ({"do": "press", "digits": "1#"}, True), ({"do": "press", "digits": "p"}, False), ({"do": "press"}, False),
     ({"do": "say", "text": "yes"}, True), ({"do": "say"}, False), ({"do": "say", "text": " "}, False),
     ({"do": "play", "url": URL}, True), ({"do": "play"}, False), ({"do": "play", "url": "ftp://x"}, False),
     ({"do": "wait_for", "text": "hello", "timeout": 3}, True), ({"do": "wait_for"}, False),
     ({"do": "wait_for", "sound": "a.mp3", "state": "started"}, True), ({"do": "hang_up"}, True),
     ({"do": "wait_for", "text": "a", "sound": "b"}, False), ({"do": "dance"}, False),
     ({"do": "hang_up", "more": 1}, False)],
)  # fmt: skip
def test_it_takes_and_refuses_the_same_steps_as_a_phone(world: World, step: Json, fits: bool) -> None:
    assert validator("Script").is_valid([step]) == fits
    reply = world.control("PUT", f"/phones/{PHONE}", {"script": [step]})
    assert reply.status_code == (200 if fits else 400)


def test_events_are_server_sent_events(world: World) -> None:
    call = world.call()
    headers = {"Authorization": f"Bearer {world.network.token}"}
    with requests.get(f"{world.network.url}/simulator/events", headers=headers, stream=True, timeout=60) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = reply.iter_lines(decode_unicode=True)
        assert next(lines) == ": connected"
        assert call in next(line for line in lines if line.startswith("data: "))


@pytest.mark.slow
@pytest.mark.hostile
@pytest.mark.fidelity("limits-fuzz")
def test_requests_that_nobody_thought_of(learner: Learner, keys: Keys, second: bytes) -> None:
    """No 5xx, nothing slow, memory stable, every reply as the document says."""
    from tests.simulator.fuzz import LONGEST, Fuzzer, operations, rounds

    step = [{"action": "talk", "text": "Hello"}, {"action": "input", "type": ["dtmf"]}]
    urls = [
        learner.on("/answer", step), learner.on("/event", ("", 200)), learner.serve("noise.wav", second),
        learner.on("/broken", ("<html>", 500)), "https://example.com/x",
    ]  # fmt: skip
    with standalone("--pace", "stepped", "--seed", "7") as one:
        fuzzer = Fuzzer(one, urls, *keys)
        fuzzer.begin()
        every = operations(one)
        before = 0.0
        for _ in rounds(every, fuzzer.send):
            if before == 0.0 and fuzzer.sent >= REQUESTS // 2:  # by now everything is loaded that ever will be
                fuzzer.begin()
                before = fuzzer.memory()
            if fuzzer.sent >= REQUESTS:
                break
        fuzzer.begin()
        growth = fuzzer.memory() - before
        print(f"{dict(fuzzer.answers)}, slowest {fuzzer.slowest}, {before:.0f} MB {growth:+.1f} MB")
        fuzzer.http.close()
        assert not [line for line in one.log if "Traceback" in line or "simulator failed" in line]
    assert fuzzer.asked == {operation.label for operation in every}
    assert set(fuzzer.answers) >= {200, 201, 204, 400, 401, 404, 420}
    assert fuzzer.slowest[0] < LONGEST
    assert growth < GROWTH

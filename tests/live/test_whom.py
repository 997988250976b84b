"""Whom a call may reach: what is not allowed does not leave, whichever way it is asked for."""

from __future__ import annotations

import gzip
import http.client
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import vonage
from flask import Response
from vonage_http_client.errors import HttpRequestError

from helpers.kit import Kit
from helpers.settings.keys import load_private_key, make_jwt
from helpers.vonage.client import Vonage
from helpers.vonage.errors import VonageError
from tests.live.conftest import FRIEND, ME, STRANGER, Send, World, app_that_replies, wait_until
from tests.simulator.test_websocket import SocketServer

Json = dict[str, Any]
WAIT = {"action": "wait", "timeout": 600}


def connect(number: str = STRANGER, **more: Any) -> Json:
    return {"action": "connect", "endpoint": [{"type": "phone", "number": number}], **more}


def talk(text: str = "Hello.") -> Json:
    return {"action": "talk", "text": text}


@pytest.fixture
def kit(world: World) -> Iterator[Kit]:
    with world.kit() as kit:
        yield kit


def refused(reply: Any) -> Json:
    """The 403 of a gate."""
    assert reply.status_code == 403, reply.text
    told: Json = reply.json()
    assert told["title"] == "Refused by the kit's own gate, not by Vonage"
    return told


# --- what is sent to Vonage ---


def test_a_stranger_is_not_called_and_the_words_say_which_line_would(world: World, kit: Kit, send: Send) -> None:
    with pytest.raises(VonageError, match=r"LIVE_NUMBERS=447700900666") as error:
        kit.vonage.create_call(world.order(talk(), to=STRANGER))
    assert error.value.status == 403
    assert refused(send(kit, "POST", "/v1/calls", world.order(talk(), to=STRANGER)))["line"].endswith(STRANGER)
    assert world.dialled() == []


def test_a_friend_is_called(world: World) -> None:
    with world.kit(live_numbers=(FRIEND,)) as kit:
        kit.vonage.create_call(world.order(connect(ME), to=FRIEND))
        wait_until(lambda: world.dialled() == [ME, FRIEND])


ENDPOINTS: list[Any] = [
    {"type": "phone", "number": f"+{STRANGER}"}, {"type": "phone", "number": int(STRANGER)},
    {"type": "phone", "number": f"00{ME}"}, {"type": "phone", "number": [STRANGER]}, {"type": "phone"}, STRANGER,
    {"type": "phone", "number": ME, "Number": STRANGER}, {"type": ["phone"], "number": STRANGER},
    {"type": "phone", "number": ME, "uri": f"sip:{STRANGER}@example.com"}, {"type": "pstn", "number": STRANGER},
    {"type": "sip", "uri": "sip:ada@example.com"}, {"type": "sip", "user": "ada", "domain": "trunk"},
    {"type": "websocket", "uri": "wss://example.com/socket", "content-type": "audio/l16;rate=16000"},
    {"type": "app", "user": "ada"}, {"type": "vbc", "extension": "101"},
]  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_no_form_of_an_endpoint_slips_by(world: World, kit: Kit, send: Send, endpoint: Any) -> None:
    alone = world.order(talk(), to=endpoint)
    nested = [{"action": "connect", "endpoint": form} for form in ([endpoint], endpoint)]
    bodies = [
        alone,
        alone | {"to": endpoint},
        world.order(*nested),
        world.order({"action": "dial", "endpoint": [endpoint]}),
        world.order({"action": "connect", "endPoint": [endpoint]}),
        world.order(
            talk(), connect(ME), {"action": "connect", "endpoint": [{"type": "phone", "number": ME}, endpoint]}
        ),
        {**world.order(), "ncco": json.dumps(nested)},
        {**world.order(), "ncco": nested[1]},
    ]
    for body in bodies:
        refused(send(kit, "POST", "/v1/calls", body))
    assert world.dialled() == []


def test_listed_addresses_of_every_kind_pass(world: World) -> None:
    listed = ("sip:ada@example.com", "sip:ada@trunk", "wss://example.com/socket", "app:ada", "vbc:101")
    with world.kit(live_numbers=listed) as kit:
        whom = kit.live.whom  # type: ignore[union-attr]
        own = f"ws{kit.server.url.removeprefix('http')}/socket"
        for endpoint in [
            {"type": "sip", "uri": "sip:ada@example.com;transport=tls"},
            {"type": "sip", "user": "ada", "domain": "trunk"},
            {"type": "websocket", "uri": "wss://example.com/socket?id=1", "content-type": "audio/l16;rate=16000"},
            {"type": "websocket", "uri": own}, {"type": "app", "user": "ada"}, {"type": "vbc", "extension": 101},
            {"type": "phone", "number": f"+{ME}", "dtmfAnswer": "1p2"},
        ]:  # fmt: skip
            whom.review([{"action": "connect", "endpoint": [endpoint]}])
        for uri in ("sip:ada@example.com;maddr=192.0.2.1", "sip:ada@example.com?Route=sip:x@y"):
            with pytest.raises(Exception, match="not among those"):
                whom.review([{"action": "connect", "endpoint": [{"type": "sip", "uri": uri}]}])


def test_what_is_only_handed_on_is_not_read(world: World, kit: Kit) -> None:
    payload = {"endpoint": STRANGER, "url": "https://elsewhere.example"}
    notify = {"action": "notify", "payload": payload, "eventUrl": [f"{kit.server.url}/event"]}
    made = kit.vonage.create_call(world.order(talk(), notify))
    world.until_over(made["uuid"])


ELSEWHERE = "https://elsewhere.example/answer"


@pytest.mark.parametrize("more", [
    {"answer_url": [ELSEWHERE]}, {"answer_url": ELSEWHERE}, {"ncco": [talk()], "event_url": [ELSEWHERE]},
    {"ncco": [talk()], "fallback_url": [ELSEWHERE]}, {"ncco": [{**talk(), "eventUrl": [ELSEWHERE]}]},
    {"ncco": [{"action": "input", "type": ["dtmf"], "eventUrl": ["https://example.com/event"]}]},
    {"ncco": [{"action": "connect", "endpoint": [{"type": "phone", "number": ME, "onAnswer": {"url": ELSEWHERE}}]}]},
    {"answer_url": ["https://api.nexmo.com\\@elsewhere.example/"]}, {"answer_url": [{"url": ELSEWHERE}]},
    {"ncco": [{"action": "record", "transcription": {"eventUrl": [ELSEWHERE]}}]},
], ids=str)  # fmt: skip
def test_nobody_else_tells_a_call_what_to_do(world: World, kit: Kit, send: Send, more: Json) -> None:
    assert refused(send(kit, "POST", "/v1/calls", world.order(**more)))["line"].startswith("LIVE_URLS=")
    assert world.dialled() == []


@pytest.mark.parametrize(("url", "passes"), [
    ("https://mine.example/answer", True), ("https://mine.example/answer/?name=Ada", True),
    ("https://mine.example/answers", False), ("https://mine.example/answer/../other", False),
    ("https://mine.example/answer/%2e%2e/other", False), ("http://mine.example/answer", False),
    ("https://mine.example:8443/answer", False), ("https://me@mine.example/answer", False), (None, True), (7, False),
    ("//mine.example/answer", False), ("https://mine.example\\.evil.example/answer", False),
])  # fmt: skip
def test_live_urls_name_what_lies_below_them(world: World, url: Any, passes: bool) -> None:
    with world.kit(live_urls=("https://mine.example/answer",)) as kit:
        review = kit.live.whom.review  # type: ignore[union-attr]
        if passes:
            review([{"action": "notify", "eventUrl": [url]}])
        else:
            with pytest.raises(Exception, match="LIVE_URLS="):
                review([{"action": "notify", "eventUrl": [url]}])


def test_webhooks_of_an_application_lead_here_or_to_nobody(world: World, kit: Kit) -> None:
    with pytest.raises(VonageError, match="LIVE_URLS="):
        kit.vonage.create_application("Elsewhere", answer_url=ELSEWHERE)
    made = kit.vonage.create_application(
        "Here", answer_url=f"{kit.server.url}/answer", event_url="https://example.com/e"
    )
    made["capabilities"]["voice"]["webhooks"]["answer_url"]["address"] = ELSEWHERE
    with pytest.raises(VonageError, match="LIVE_URLS="):
        kit.vonage.replace_application(made["id"], made)
    with Vonage(world.settings) as past_the_gate:
        hooks = past_the_gate.get_application(made["id"])["capabilities"]["voice"]["webhooks"]
    assert hooks["answer_url"]["address"] == f"{kit.server.url}/answer"


def test_a_webhook_that_was_there_stays(world: World, kit: Kit) -> None:
    with Vonage(world.settings) as past_the_gate:
        made = past_the_gate.create_application("Old", event_url="https://example.com", fallback_answer_url=ELSEWHERE)
    made["capabilities"]["voice"]["webhooks"]["event_url"]["address"] = f"{kit.server.url}/event"
    changed = kit.vonage.replace_application(made["id"], made)
    assert changed["capabilities"]["voice"]["webhooks"]["fallback_answer_url"]["address"] == ELSEWHERE


def test_nor_does_the_fallback_of_the_calls_application(world: World, kit: Kit) -> None:
    with Vonage(world.settings) as past_the_gate:
        made = past_the_gate.create_application("Old", event_url="https://example.com", fallback_answer_url=ELSEWHERE)
    kit.settings.use(application_id=made["id"], private_key=made["keys"]["private_key"])
    with pytest.raises(VonageError, match="LIVE_URLS="):
        kit.vonage.create_call(world.order(talk()))
    made["capabilities"]["voice"]["webhooks"].pop("fallback_answer_url")
    kit.vonage.replace_application(made["id"], made)
    world.until_over(kit.vonage.create_call(world.order(talk()))["uuid"])
    assert world.dialled() == [ME]


def test_nor_does_an_application_that_the_account_does_not_have(world: World, kit: Kit, send: Send) -> None:
    """Whose webhooks nobody knows: another account's, with its own key."""
    token = make_jwt("00000000-0000-4000-8000-000000000000", load_private_key(kit.settings.private_key))
    reply = send(kit, "POST", "/v1/calls", world.order(talk()), headers={"Authorization": f"Bearer {token}"})
    assert "is not one of the account" in refused(reply)["detail"]


def test_a_call_is_not_transferred_elsewhere(world: World, kit: Kit, send: Send) -> None:
    made = kit.vonage.create_call(world.order(WAIT))
    wait_until(lambda: world.calls()[made["uuid"]]["status"] == "answered")
    for destination in ({"ncco": [connect()]}, {"url": [ELSEWHERE]}, {"url": ELSEWHERE}, {"ncco": connect()}):
        body = {"action": "transfer", "destination": {"type": "ncco", **destination}}
        refused(send(kit, "PUT", f"/v1/calls/{made['uuid']}", body))
    refused(send(kit, "PUT", f"/v1/calls/{made['uuid']}/input/dtmf", {"event_url": [ELSEWHERE]}))
    kit.serve(app_that_replies(answer=[connect()]))
    kit.vonage.transfer(made["uuid"], url=f"{kit.server.url}/answer")
    wait_until(lambda: kit.server.errors)
    kit.vonage.hang_up(made["uuid"])
    world.until_over(made["uuid"])
    assert world.dialled() == [ME]


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/v2/calls"), ("POST", "/sms/json"), ("GET", "/sms/json?to=1"), ("GET", "/tts/json?to=1"),
    ("POST", "/v1//calls"), ("POST", "/account/top-up"), ("PATCH", "/v1/calls"),
    ("GET", "/number/buy?country=GB"), ("DELETE", "/v1/calls"),
])  # fmt: skip
def test_what_no_lesson_needs_is_not_sent(world: World, kit: Kit, send: Send, method: str, path: str) -> None:
    refused(send(kit, method, path, {} if method != "GET" else None))


def test_a_path_that_others_may_read_another_way_is_not_sent(world: World, kit: Kit) -> None:
    """What is on the way to Vonage takes dots out of a path, what comes after ``#``, or a blank at its end."""
    asked = [
        ("GET", "/v1/../tts/json?to=1"), ("GET", "/v1/%2e%2e/tts/json?to=1"), ("GET", "/account/get-x/..%2fsms/json"),
        ("GET", "/v1/.\\./tts/json"), ("PUT", f"/v2/applications/{kit.settings.application_id}#x"),
        ("PUT", f"/v2/applications/{kit.settings.application_id}%20"), ("PUT", "/v1/calls/a#/talk"),
        ("DELETE", "/v2/applications/a;b"),
    ]  # fmt: skip
    line = http.client.HTTPConnection(kit.settings.api_url.removeprefix("http://"), timeout=30)
    line._validate_path = lambda path: None  # type: ignore[attr-defined]  # it goes out as it is
    for method, path in asked:
        line.request(method, path, "{}", {"Content-Type": "application/json"})
        reply = line.getresponse()
        assert (path, reply.status, b"not a request that the lessons need" in reply.read()) == (path, 403, True)
    line.close()


@pytest.mark.parametrize(("body", "headers"), [
    ('{"to": [], "to": [{"type": "phone", "number": "%s"}]}', {}),
    ("{'to': '%s'}", {}), ("", {}), ("[" * 100_000, {}), ('["%s"]', {}),
    ('{"to": [{"type": "phone", "number": "%s"}]}', {"Content-Type": "text/plain"}),
    ('{"to": []}', {"Content-Type": "application/json; charset=utf-7"}),
    ('{"to": []}', {"Content-Encoding": "gzip"}), ('{"to": []}', {"X-HTTP-Method-Override": "PUT"}),
])  # fmt: skip
def test_what_could_be_read_another_way_is_not_sent(
    world: World, kit: Kit, send: Send, body: str, headers: dict[str, str]
) -> None:
    text = body % STRANGER if "%s" in body else body
    headers = {"Content-Type": "application/json", **headers}
    refused(send(kit, "POST", "/v1/calls", headers=headers, data=text.encode()))
    assert world.dialled() == []


def test_a_number_is_not_forwarded_past_the_application(world: World, kit: Kit) -> None:
    for kind in ("tel", "sip"):
        with pytest.raises(VonageError, match="would be forwarded"):
            kit.vonage.update_number("GB", kit.number, voiceCallbackType=kind, voiceCallbackValue=STRANGER)
    there = f"{kit.settings.rest_url}/number/update?country=GB&msisdn={kit.number}"
    for sent in ({"json": {"voiceCallbackValue": STRANGER}}, {"files": {"voiceCallbackValue": STRANGER}},
                 {"data": [("app_id", "1"), ("APP_ID", "2")]}, {"data": {"VoiceCallbackValue": STRANGER}}):  # fmt: skip
        refused(requests.post(there, auth=(kit.settings.api_key, kit.settings.api_secret), timeout=10, **sent))
    kit.vonage.update_number("GB", kit.number, app_id=kit.settings.application_id)


def test_curl_and_the_official_sdk_come_no_further(world: World, kit: Kit, send: Send) -> None:
    gate = kit.live.gate  # type: ignore[union-attr]
    body = json.dumps(world.order(talk(), to=STRANGER))
    command = ["curl", "-s", "--noproxy", "*", "-H", "Content-Type: application/json", "-d", body]
    for where in ([f"{gate.url}/v1/calls"], ["--cacert", gate.certificates, f"https://{gate.tls_host}/v1/calls"]):
        told = subprocess.run([*command, *where], capture_output=True, text=True, check=True).stdout
        assert json.loads(told)["line"] == f"LIVE_NUMBERS={STRANGER}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", gate.certificates)
        patch.setenv("NO_PROXY", "127.0.0.1")
        own = kit.settings
        auth = vonage.Auth(application_id=own.application_id, private_key=own.private_key)
        sdk = vonage.Vonage(auth, vonage.HttpClientOptions(api_host=gate.tls_host, rest_host=gate.tls_host))
        with pytest.raises(HttpRequestError, match=f"LIVE_NUMBERS={STRANGER}"):
            sdk.voice.create_call(for_the_sdk(json.loads(body)))
        made = sdk.voice.create_call(for_the_sdk(world.order(talk())))
        sdk.http_client._session.close()
    world.until_over(made.uuid)
    assert world.dialled() == [ME]


def for_the_sdk(order: Json) -> Json:
    """The same order with the SDK's own name for ``from``."""
    return {"from_" if name == "from" else name: value for name, value in order.items()}


# --- what the learner's own server replies ---


def packed(ncco: Any) -> Response:
    return Response(gzip.compress(json.dumps(ncco).encode()), mimetype="application/json",
                    headers={"Content-Encoding": "gzip"})  # fmt: skip


FORMS: dict[str, Any] = {
    "list": lambda ncco: ncco,
    "object": lambda ncco: ncco[0],
    "error": lambda ncco: (ncco, 500),
    "not found": lambda ncco: (ncco, 404),
    "text": lambda ncco: json.dumps(ncco),
    "stream": lambda ncco: Response((c for c in json.dumps(ncco)), mimetype="application/json"),
    "utf-16": lambda ncco: Response(json.dumps(ncco).encode("utf-16"), mimetype="application/json"),
    "utf-7": lambda ncco: Response(json.dumps(ncco).encode("utf-7"), content_type="application/json; charset=utf-7"),
    "unknown charset": lambda ncco: Response(json.dumps(ncco).encode("cp037"), content_type="text/json; charset=x-1"),
    "gzip": packed,
    "after much blank": lambda ncco: Response(("  " * 99, json.dumps(ncco)), mimetype="text/html"),
    "two types": lambda ncco: Response(
        json.dumps(ncco), headers=[("Content-Type", "text/html"), ("Content-Type", "application/json")]
    ),
    "comma": lambda ncco: Response(json.dumps(ncco)[:-1] + ",]", mimetype="application/json"),
    "sent elsewhere": lambda ncco: Response("", 302, {"Location": ELSEWHERE}),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_reply_slips_by(world: World, kit: Kit, send: Send, form: str) -> None:
    kit.serve(app_that_replies(answer=lambda: FORMS[form]([connect()])))
    made = kit.vonage.create_call(world.order(answer_url=[f"{kit.server.url}/answer"]))
    world.until_over(made["uuid"])
    assert kit.server.requests[-1].status == 403 or any(one.status == 403 for one in kit.server.requests)
    assert "was not sent" in str(kit.server.errors[0])
    assert world.dialled() == [ME]


def test_what_is_no_ncco_goes_out_as_it_is(world: World, kit: Kit, send: Send) -> None:
    page = b"<p>endpoint</p>" * 100
    kit.serve(app_that_replies(
        page=lambda: Response((page[i : i + 7] for i in range(0, len(page), 7)), mimetype="text/html"),
        echo={"you_sent": {"to": STRANGER}}, numbers=[1, 2], here=lambda: Response("", 302, {"Location": "/page"}),
    ))  # fmt: skip
    get = requests.get
    assert get(f"{kit.server.url}/page", timeout=10).content == page
    assert get(f"{kit.server.url}/here", timeout=10).content == page
    assert get(f"{kit.server.url}/echo", timeout=10).json() == {"you_sent": {"to": STRANGER}}
    assert get(f"{kit.server.url}/numbers", timeout=10).json() == [1, 2]
    assert len(get(f"{kit.server.url}/audio/jingle.mp3", timeout=10).content) > 1000
    assert kit.server.errors == []


INPUT = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 1}}


@pytest.mark.parametrize(
    "kind", ["inbound", "answer", "fallback", "input", "notify", "synchronous connect", "detection"]
)
def test_no_webhook_brings_a_stranger_in(world: World, kit: Kit, kind: str) -> None:
    base = kit.server.url
    kit.serve(app_that_replies(evil=lambda: [connect()], broken=("", 500)))
    there = {"eventUrl": [f"{base}/evil"]}
    if kind in ("inbound", "fallback"):
        hooks = {"answer_url": f"{base}/evil"} if kind == "inbound" else {
            "answer_url": f"{base}/broken", "fallback_answer_url": f"{base}/evil"}  # fmt: skip
        made = kit.vonage.create_application("Here", event_url=f"{base}/event", **hooks)
        kit.vonage.update_number("GB", kit.number, app_id=made["id"])
        world.dial()
    else:
        orders: dict[str, Json] = {
            "answer": {"answer_url": [f"{base}/evil"]},
            "input": {"ncco": [{**INPUT, **there}]},
            "notify": {"ncco": [{"action": "notify", "payload": {}, **there}]},
            "synchronous connect": {"ncco": [connect(FRIEND, eventType="synchronous", timeout=2, **there)]},
            "detection": {"ncco": [{**WAIT, "timeout": 5}], "event_url": [f"{base}/evil"],
                          "advanced_machine_detection": {"behavior": "continue", "mode": "default"}},
        }  # fmt: skip
        kit.settings.use(live_numbers=FRIEND)
        world.phones.configure(FRIEND, behaviour="declines")
        kit.vonage.create_call(world.order(**orders[kind]))
    wait_until(lambda: kit.server.errors)
    world.until_over()
    assert "is not among those this kit may call" in str(kit.server.errors[0])
    assert set(world.dialled()) <= {ME, FRIEND}


def test_nor_does_a_websocket_that_breaks_off(world: World, kit: Kit) -> None:
    socket = SocketServer()
    socket.hang_up_after = 5
    try:
        kit.serve(app_that_replies(evil=lambda: [connect()]))
        uri = f"ws://127.0.0.1:{socket.port}/"
        kit.settings.use(live_numbers=uri)
        there = {"type": "websocket", "uri": uri, "content-type": "audio/l16;rate=8000"}
        kit.vonage.create_call(world.order(WAIT, to=there, event_url=[f"{kit.server.url}/evil"]))
        wait_until(lambda: any(event["status"] == "disconnected" for event in kit.events if "status" in event))
        world.until_over()
    finally:
        socket.stop()
    assert len(kit.server.errors) == len(kit.events), "each reply was refused"
    assert world.dialled() == [uri]

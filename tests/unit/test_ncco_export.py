"""An NCCO as a curl command and as a Flask app: the words are right. That they run is tested elsewhere."""

from __future__ import annotations

import ast
import contextlib
import json
import shlex
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.base.errors import KitError
from helpers.ncco import NccoError, parse, to_curl, to_flask
from helpers.ncco.texts.export import flask_app

from .test_ncco_models import FULL
from .test_ncco_python import SOCKET

NASTY = [{"action": "talk", "text": "It's \"5 o'clock\" & $HOME `id` $(id) \\ é 😀 !x %s {}\nline\t'''"}, SOCKET]
TO, FROM = "447700900001", "447700900000"
NCCOS = pytest.mark.parametrize("data", [FULL, NASTY], ids=["full", "nasty"])


@NCCOS
def test_the_curl_command_sends_the_same_ncco(data: list[Any]) -> None:
    command = to_curl(data, TO, FROM)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:4] == ["curl", "-X", "POST", "https://api.nexmo.com/v1/calls"]
    assert "Authorization: Bearer $JWT" in words and '"Authorization: Bearer $JWT"' in command
    body = json.loads(words[words.index("-d") + 1])
    assert body["ncco"] == parse(data).to_list()
    assert body["to"] == [{"type": "phone", "number": TO}]
    assert body["from"] == {"type": "phone", "number": FROM}
    assert "http://127.0.0.1:9000/v1/calls" in to_curl(data, TO, FROM, "http://127.0.0.1:9000/v1/calls")


@NCCOS
@pytest.mark.parametrize("route", ["/answer", "/", "/voice/v1/answer.json"])
def test_the_app_answers_with_the_same_ncco(data: list[Any], route: str) -> None:
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(to_flask(data, route), "app", "exec", dont_inherit=True), names)
    app: Flask = names["app"]
    with app.test_client() as client:
        for reply in (client.get(route), client.post(route)):
            assert (reply.status_code, reply.mimetype, reply.json) == (200, "application/json", parse(data).to_list())


@pytest.mark.parametrize("route", ["answer", "", "/a b", '/"', "/<name>", "/é", "/a?b", "https://example.com/answer"])
def test_a_wrong_route_is_refused(route: str) -> None:
    with pytest.raises(KitError, match=r"not a route.*/answer"):
        to_flask(FULL, route)


def test_a_wrong_number_is_refused() -> None:
    with pytest.raises(KitError, match=r"to must be digits only.*447700900001"):
        to_curl(FULL, "+447700900001", FROM)
    with pytest.raises(KitError, match="from_ is not a phone number"):
        to_curl(FULL, TO, 447700900000)  # type: ignore[arg-type]


def test_a_wrong_ncco_is_refused() -> None:
    for export in (lambda ncco: to_curl(ncco, TO, FROM), to_flask):
        for wrong in ([], [{"action": "talk"}], "["):
            with pytest.raises(NccoError):
                export(wrong)


MENU = [{"action": "input", "type": ["dtmf", "speech"], "eventUrl": ["https://example.com/menu"]}]


def test_the_app_has_a_route_for_every_event_and_answers_by_name() -> None:
    mailbox = [{"action": "record", "endOnKey": "#", "eventUrl": ["https://example.com/tape"]}]
    app = flask_app(MENU, {"1": NASTY[:1], "2, Message": mailbox})
    assert {str(rule) for rule in app.url_map.iter_rules()} == {
        "/answer", "/event", "/menu", "/tape", "/static/<path:filename>"}  # fmt: skip
    client = app.test_client()
    spoken = {"results": [{"text": "A message!"}, {"text": "one"}]}
    for told, reply in [
        ({"dtmf": {"digits": "1"}}, NASTY[:1]), ({"dtmf": {"digits": "2"}, "speech": {}}, mailbox),
        ({"dtmf": None, "speech": spoken}, mailbox), ({"dtmf": {"digits": "21"}}, None), ({"status": "1"}, None),
    ]:  # fmt: skip
        assert client.post("/menu", json=told).get_json(silent=True) == reply
    assert client.get("/event").status_code == 204
    assert "replies" not in to_flask(MENU)


@given(evil=st.text())
@settings(max_examples=8)
@example(evil="'''\"\"\"\\\n__import__('os').abort()\n#{}")
def test_nothing_of_a_reply_becomes_code(evil: str) -> None:
    talk = [{"action": "talk", "text": f"x{evil}"}]
    path = {"action": "notify", "payload": {evil: 1}, "eventUrl": [f"https://example.com/{evil}"]}
    for replies in ({"1": talk, "2": talk}, {"1": [path]}, {evil: talk}):
        with contextlib.suppress(KitError):
            tree = ast.parse(to_flask(MENU, replies=replies))
            names = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
            assert names == {"Flask", "__name__", "app", "ncco", "replies", "jsonify", "request", "re", "set", "told",
                             "said", "result", "names", "reply"}  # fmt: skip


def test_an_answer_route_cannot_be_an_event_url() -> None:
    with pytest.raises(KitError, match="/menu would be the answer route and an event URL"):
        to_flask(MENU, "/menu")

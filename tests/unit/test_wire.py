"""Show the wire: readable, complete, and without a secret."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from helpers.base.masking import mask
from helpers.wire.exchanges import RoundTrip, WireLog, body_text, pretty

PEM = "-----BEGIN PRIVATE KEY-----\nTUlJc2VjcmV0\n-----END PRIVATE KEY-----\n"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl-_x"


def exchange(**changes: Any) -> RoundTrip:
    values: dict[str, Any] = {
        "method": "POST",
        "url": "http://127.0.0.1:9000/v1/calls?page=2",
        "request_headers": {"Authorization": f"Bearer {JWT}", "Content-Type": "application/json"},
        "request_body": '{"to":[{"type":"phone","number":"447700900001"}]}',
        "status": 201,
        "response_headers": {"Content-Type": "application/json", "Date": "Tue, 03 Feb 2026 10:15:00 GMT"},
        "response_body": '{"uuid":"7f0c","status":"started"}',
        "ms": 12.4,
    }
    return RoundTrip(**{**values, **changes})


def test_an_exchange_looks_like_http() -> None:
    assert exchange().show() == (
        "POST /v1/calls?page=2 HTTP/1.1\n"
        "Host: 127.0.0.1:9000\n"
        "Authorization: Bearer …\n"
        "Content-Type: application/json\n"
        "\n"
        '{\n  "to": [\n    {\n      "type": "phone",\n      "number": "447700900001"\n    }\n  ]\n}\n'
        "\n"
        "HTTP/1.1 201 Created (12 ms)\n"
        "Content-Type: application/json\n"
        "\n"
        '{\n  "uuid": "7f0c",\n  "status": "started"\n}'
    )


def test_no_reply_says_why() -> None:
    shown = exchange(status=None, response_headers={}, response_body=None, error="connection refused", ms=0.2)
    assert shown.show().endswith("no reply: connection refused (1 ms)")
    assert repr(shown) == "<POST /v1/calls?page=2 → no reply: connection refused (1 ms)>"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('{"api_key":"k1","api_secret": "se\\"hidden"}', "hidden"),
        ("https://rest.nexmo.com/account/numbers?api_key=abc&api_secret=s3cr3t", "s3cr3t"),
        ("api_secret=s3cr3t&country=GB", "s3cr3t"),
        ("client = Vonage(key='k', api_secret='s3cr3t')", "s3cr3t"),
        ("VONAGE_SIGNATURE_SECRET=s3cr3t", "s3cr3t"),
        ('{"signature_secret": 12345}', "12345"),
        ('{"config": "{\\"api_secret\\":\\"s3cr3t\\"}"}', "s3cr3t"),
        ('{"apiSecret":"s3cr3t"}', "s3cr3t"),
        ("Authorization: Basic czNjcjN0", "czNjcjN0"),
        ("{'Authorization': 'Bearer s3cr3t'}", "s3cr3t"),
        (f"token {JWT}", "c2lnbmF0dXJl"),
        (PEM, "TUlJ"),
        (json.dumps({"keys": {"private_key": PEM}}), "TUlJ"),
        (json.dumps({"key": PEM}), "TUlJ"),
        ("-----BEGIN RSA PRIVATE KEY-----\nTUlJc2Vj", "TUlJ"),
        ("-----BEGIN PRIVATE KEY-----\\nTUlJc2Vj\\n", "TUlJ"),
        ("https://user:s3cr3t@example.com/x", "s3cr3t"),
        ("NGROK_AUTHTOKEN=2abc_s3cr3t", "s3cr3t"),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in mask(text)
    assert "…" in mask(text)
    assert mask(mask(text)) == mask(text)
    if text.startswith("{") and '"' in text:
        assert json.loads(mask(text)), "JSON stays JSON"


def test_what_is_no_secret_stays() -> None:
    for text in (
        '{"public_key":"-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----"}',
        '{"uuid":"7f0c3a1e-0000-4000-8000-000000000000","dtmf":{"digits":"42"},"payload":{"step":1}}',
        "if api_secret == given:",
        '{"api_key":null}',
        "Basic knowledge of Python",
    ):
        assert mask(text) == text


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    assert mask("ValueError: hunter2!", ["hunter2", ""]) == "ValueError: …!"


def test_an_exchange_holds_no_secret_at_all() -> None:
    shown = exchange(
        url="http://x/?api_secret=s3cr3t",
        request_headers={"authorization": "Basic czNjcjN0", "Cookie": "s3cr3t"},
        request_body="api_secret=s3cr3t",
        response_body=json.dumps({"keys": {"private_key": PEM}}),
    )
    everything = repr([getattr(shown, name) for name in shown.__dataclass_fields__])
    assert not any(secret in everything for secret in ("s3cr3t", "czNjcjN0", "TUlJ"))


def test_bodies_as_text() -> None:
    assert body_text(b"\xff\xfb\x00", "audio/mpeg") == "<3 bytes of audio/mpeg>"
    assert body_text("é".encode(), "application/json; charset=utf-8") == "é"
    assert body_text(b"\xff\xfe", "text/plain") == "<2 bytes of text/plain>"
    assert body_text(b"\xff\xfe", None) == "<2 bytes of binary data>"
    assert body_text(b"", "text/plain") is None
    assert body_text("as it is") == "as it is"


def test_a_long_body_and_one_that_only_looks_like_json_are_shown() -> None:
    assert exchange(response_body="x" * 5000).show().endswith("… and 1000 characters more")
    assert exchange(response_body="[not json").show().endswith("\n\n[not json")
    assert "HTTP/1.1 599 (12 ms)" in exchange(status=599).show()


def test_the_log_shows_the_last_and_finds() -> None:
    log = WireLog()
    assert repr(log.show()) == "Nothing yet."
    for number in range(4):
        log.append(exchange(url=f"http://h/{number}"))
    assert repr(log.show()) == log[-1].show()
    assert [e.path for e in log.show(last=2).exchanges] == ["/2", "/3"]
    assert [e.path for e in log.show(last=9, match="POST http://h/1").exchanges] == ["/1"]
    assert [e.path for e in log.show(last=9, match=lambda e: e.path < "/2").exchanges] == ["/0", "/1"]
    assert repr(log.show(match="DELETE")) == "Nothing like that."
    assert repr(log) == "<WireLog: 4 exchanges>"
    assert [e.path for e in log[1:3]] == ["/1", "/2"]


def test_html_says_the_same_and_is_escaped() -> None:
    log = WireLog()
    assert log.show()._repr_html_() == "<p>Nothing yet.</p>"
    log.append(exchange(response_body="<script>alert(1)</script>"))
    shown = log.show()._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    for fact in (
        "POST /v1/calls?page=2",
        "201 Created (12 ms)",
        "Authorization: Bearer …",
        "447700900001",
        "<details>",
    ):
        assert fact in shown


def test_the_log_forgets_its_beginning_but_counts_on() -> None:
    log = WireLog(limit=3)
    for number in range(5):
        log.append(exchange(url=f"http://h/{number}"))
    assert (len(log), log.total) == (3, 5)
    total, new = log.latest(seen=4)
    assert (total, [e.path for e in new]) == (5, ["/4"])
    assert [e.path for e in log.latest(seen=0)[1]] == ["/2", "/3", "/4"]
    assert log.latest(seen=5) == (5, [])
    log.clear()
    assert (len(log), log.latest(seen=0)) == (0, (5, []))


def test_an_exchange_is_made_when_somebody_looks_and_once() -> None:
    made: list[RoundTrip] = []

    def make() -> RoundTrip:
        made.append(exchange())
        return made[-1]

    log = WireLog()
    log.append(make)
    assert (len(log), made) == (1, [])
    assert log[0] is log[0] is made[0]
    assert len(made) == 1


def test_listeners_hear_each_exchange_until_they_leave() -> None:
    log, heard = WireLog(), list[RoundTrip]()
    log.subscribe(lambda exchange: [][0])  # one that breaks disturbs nobody
    leave = log.subscribe(heard.append)
    log.append(exchange())
    log.append(exchange)
    leave()
    log.append(exchange())
    assert heard == log[:2]


def test_many_threads_lose_nothing() -> None:
    log = WireLog(limit=10_000)

    def write() -> None:
        for _ in range(200):
            log.append(exchange)
            len(log)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        list(log)
    assert (log.total, len(list(log))) == (1600, 1600)


def test_a_public_key_is_shortened_for_the_reader() -> None:
    body = json.dumps({"keys": {"public_key": "-----BEGIN PUBLIC KEY-----\nMIIB+/=\n-----END PUBLIC KEY-----\n"}})
    assert '"public_key": "-----BEGIN PUBLIC KEY-----…-----END PUBLIC KEY-----\\n"' in pretty(body)


def test_what_a_log_keeps_has_a_total() -> None:
    log, megabyte = WireLog(), "x" * 1024 * 1024
    for number in range(40):
        log.append(exchange(url=f"http://h/{number}", request_body=megabyte))
    assert (len(log), log.total, log[0].path) == (31, 40, "/9")
    assert len(list(log)) == 31
    for _ in range(40):
        log.append(exchange, len(megabyte))
    assert len(log) == 32
    log.append(exchange(request_body=megabyte * 40))  # larger than all that may be kept
    assert len(log) == 0
    log.append(exchange())
    assert len(log) == 1

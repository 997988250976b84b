"""What may be an NCCO is found in any form, and what cannot be read is said to be so."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.live.guards.asked import Asked, Refused, Replied
from helpers.live.guards.reading import (
    actions_in,
    charged_beside_in,
    endpoints_in,
    is_endless,
    json_of,
    may_be_ncco,
    may_be_read_as_json,
    nccos_in,
    urls_in,
)

NCCO = [
    {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900666"}], "eventUrl": ["https://x.example"]}
]
JSON = "application/json"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_an_ncco_is_found_in_any_charset(codec: str) -> None:
    assert NCCO in nccos_in(json.dumps(NCCO).encode(codec), JSON, "")


@pytest.mark.parametrize("codec", ["utf-7", "cp037", "cp500", "utf-16"])
def test_and_in_the_one_that_is_named(codec: str) -> None:
    data = json.dumps(NCCO).encode(codec)
    assert NCCO in nccos_in(data, f'{JSON}; charset="{codec}"', "")


@pytest.mark.parametrize(("data", "media", "encoding"), [
    (json.dumps(NCCO).encode()[:-1], JSON, ""), (json.dumps(NCCO).replace('"', "'").encode(), JSON, ""),
    (b"/* hello */" + json.dumps(NCCO).encode(), JSON, ""), (b'[{"action": "talk", "action": "connect"}]', JSON, ""),
    (b"[" * 200_000 + b'"action"', JSON, ""), (b"anything", f"{JSON}; charset=x-mine", ""), (b"x", JSON, "br"),
    (b"not gzip", JSON, "gzip"), (zlib.compress(b" " * 6_000_000), JSON, "deflate"),
])  # fmt: skip
def test_what_could_be_one_and_cannot_be_read_is_refused(data: bytes, media: str, encoding: str) -> None:
    with pytest.raises(Refused):
        nccos_in(data, media, encoding)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b'"action"', b"<p>action</p>", b"[1, 2]", b"{half", b"\xff"]
)
def test_what_is_none_is_none(data: bytes) -> None:
    assert nccos_in(data, JSON, "") == []


@given(st.binary(max_size=300), st.sampled_from([JSON, "text/html", "", "application/json; charset=nonsense"]))
def test_any_bytes_are_read_or_refused(data: bytes, media: str) -> None:
    may_be_read_as_json(data, media, "")
    try:
        assert all(may_be_ncco(one) for one in nccos_in(data, media, ""))
    except Refused as refused:
        assert refused.cure


def test_names_are_the_same_in_every_spelling_and_data_is_not_read() -> None:
    value = {"Event_URL": "a", "x": [{"event-url": ["b", None], "END POINT": {"type": "app"}, "Action": "c"}],
             "streamUrl": ["s"], "payload": {"url": "p", "endpoint": 1}, "headers": {"action": "h"}}  # fmt: skip
    assert (sorted(urls_in(value)), endpoints_in(value), actions_in(value)) == (["a", "b"], [{"type": "app"}], ["c"])


@pytest.mark.parametrize(("loop", "endless"), [
    (0, True), ("0", True), (-1, True), (False, True), ("x", True), ([1], True), ("NaN", True), (float("nan"), True),
    (1, False), ("3", False), (None, False),
])  # fmt: skip
def test_a_loop_has_an_end_or_not(loop: Any, endless: bool) -> None:
    assert is_endless([{"action": "talk", "loop": loop}]) is endless


@pytest.mark.parametrize(("value", "beside"), [
    ([{"action": "talk", "text": "premium", "premium": False}], ""), ({"advanced_machine_detection": {}}, "machine"),
    ([{"action": "talk", "premium": True}], "premium"), ([{"action": "record", "transcription": {}}], "transcription"),
    ([{"action": "input", "type": ["dtmf", "speech"]}], "speech"), ([{"action": "input", "type": ["dtmf"]}], ""),
    ([{"action": "input", "speech": {"endOnSilence": 1}}], "speech"), (NCCO, ""), (None, ""),
])  # fmt: skip
def test_what_is_charged_beside_the_minutes(value: Any, beside: str) -> None:
    found = charged_beside_in(value)
    assert len(found) == bool(beside) and all(beside in one for one in found)


def test_json_with_a_name_twice_is_not_json() -> None:
    with pytest.raises(ValueError, match="twice"):
        json_of('{"a": {"b": 1, "b": 2}}')


@pytest.mark.parametrize(("method", "path", "kind"), [
    ("POST", "/v1/calls/", "create_call"), ("PUT", "/v1/calls/1", "change_call"), ("GET", "/v1/calls", "read"),
    ("DELETE", "/v1/calls/1/talk", "in_call"), ("GET", "/account/get-balance", "read"), ("GET", "/sms/json", "unknown"),
    ("GET", "/account/get-full-pricing/outbound/voice", "read"), ("POST", "/v1/calls/1/2", "unknown"),
    ("GET", "//x", "unknown"),
])  # fmt: skip
def test_what_a_request_does(method: str, path: str, kind: str) -> None:
    assert Asked(method, path, "", {}, b"").kind == kind


def test_neither_a_request_nor_its_reply_shows_who_sent_it() -> None:
    secret = "S3cretS3cret"
    asked = Asked("POST", "/number/buy", f"api_secret={secret}", {"Authorization": secret}, secret.encode())
    replied = Replied(201, {"Set-Cookie": secret}, secret.encode())
    assert repr([asked, replied]) == "[Asked(method='POST', path='/number/buy'), Replied(status=201)]"

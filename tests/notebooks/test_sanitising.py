"""What differs from run to run is stored as one and the same text, and doing it twice changes nothing more."""

from __future__ import annotations

import pytest
from nbval.plugin import get_sanitize_patterns

from tests.notebooks.sanitising import PROJECT, as_nbval_file, patterns, sanitise

UUID = "1f0c5d3e-8a4b-4c6d-9e2f-0123456789ab"
STORED: dict[str, str] = {
    f"leg {UUID} ended": "leg aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee ended",
    f"CON-{UUID}": "CON-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "network " + UUID.replace("-", ""): "network aaaaaaaabbbb4ccc8dddeeeeeeeeeeee",
    "Bearer " + "eyJhbGci.eyJpYXQi.c2ln-bmF0": "Bearer HEADER.PAYLOAD.SIGNATURE",
    "http://127.0.0.1:40123/answer": "http://127.0.0.1:PORT/answer",
    "localhost:8888": "localhost:PORT",
    "region_url=http%3A%2F%2F127.0.0.1%3A46339": "region_url=http%3A%2F%2F127.0.0.1%3APORT",
    '"timestamp": "2026-11-22T08:16:58.123Z"': '"timestamp": "2030-01-01T12:00:00Z"',
    "2026-11-22 08:16:58": "2030-01-01 12:00:00".replace(" ", "T"),
    "Date: Sun, 22 Nov 2026 08:16:58 GMT": "Date: Tue, 01 Jan 2030 12:00:00 GMT",
    "{'iat': 1795334400, 'exp': 1795335300}": "{'iat': 1893499200, 'exp': 1893499200}",
    "200 OK (12.5 ms)": "200 OK (N ms)",
    "a      3 ms    b": "a N ms  b",
    "a    123 ms  b": "a N ms  b",
    "User-Agent: python-requests/2.34.2": "User-Agent: python-requests/2",
    "Accept-Encoding: gzip, deflate, br, zstd": "Accept-Encoding: gzip, deflate",
    "Allow: OPTIONS, GET, HEAD\n": "Allow: GET, HEAD, OPTIONS\n",
    'content-length: 36\n\n{}\ncontent-length: 2604\n"private_key": "…"': (
        'content-length: 36\n\n{}\ncontent-length: N\n"private_key": "…"'
    ),
    "<Thing at 0x7f3a5c0d2e80>": "<Thing at 0xADDRESS>",
    f"{PROJECT}/audio/hello.mp3": "audio/hello.mp3",
    f"{PROJECT}/.venv/lib/python3.11/site-packages/flask/app.py": "site-packages/flask/app.py",
}


@pytest.mark.parametrize("text", STORED)
def test_stored_text(text: str) -> None:
    assert sanitise(text) == STORED[text]
    assert sanitise(STORED[text]) == STORED[text]


@pytest.mark.parametrize("text", ["from 447700900001", "2.0 s answered", "64 kbit/s", "8000 Hz", "10 mseconds"])
def test_what_a_reader_needs_stays(text: str) -> None:
    assert sanitise(text) == text


def test_nbval_reads_the_same_patterns() -> None:
    assert tuple(get_sanitize_patterns(as_nbval_file())) == patterns()

"""Web addresses: what is none, why, and what was meant; the same for whoever asks."""

from __future__ import annotations

import pytest

from helpers.base.errors import KitError
from helpers.base.text import as_seen, unseen_in
from helpers.base.web import fault_of
from helpers.ncco import check
from helpers.node_red.addresses import _checked

GOOD = ["https://example.com", "HTTPS://example.com/a?b=c#d", "http://127.0.0.1:9/a", "http://[::1]:9/", "http://web:80/",
        "https://example.com./a", "https://ann:pw@example.com/", "https://xn--mnchen-3ya.de/",
        "https://your-name.example/", "https://https.example.com/", "https://example.com/https://example.org/",
        "https://example.com/ä|{b}"]  # fmt: skip

# What is written, a piece of what is said, what was meant ("" if that is not certain), and the rule of an NCCO.
WRONG = [
    ("", "not a whole web address", "", "empty-address"),
    ("/answer", "not a whole web address", "", "relative-address"),
    ("example.com/a", "no http:// or https:// in front", "https://example.com/a", "relative-address"),
    ("ftp://example.com/a", "not a whole web address", "", "wrong-scheme"),
    ("https://YOUR_URL/a", "YOUR_URL where the host should be", "", "placeholder-left"),
    ("https://your-domain/a", "your-domain where the host should be", "", "placeholder-left"),
    ("https://<your url>/a", "<your url> where the host should be", "", "placeholder-left"),
    ("https://${HOST}:3000/a", "${HOST} where the host should be", "", "placeholder-left"),
    ("https://%BASE_URL%/a", "%BASE_URL% where the host should be", "", "placeholder-left"),
    ("https://None/a", "None where the host should be", "", "placeholder-left"),
    ("https://undefined/a", "undefined where the host should be", "", "placeholder-left"),
    ("https://https://example.com/a", "twice", "https://example.com/a", "malformed-address"),
    ("http://https//example.com/a", "twice", "https://example.com/a", "malformed-address"),
    ("https://http:/example.com/a", "twice", "http://example.com/a", "malformed-address"),
    ("https://example..com/a", "a dot too many", "https://example.com/a", "malformed-address"),
    ("https://.example.com/a", "a dot too many", "https://example.com/a", "malformed-address"),
    ("https://münchen.de/a", "letters in its host", "https://xn--mnchen-3ya.de/a", "malformed-address"),
    ("https://my_app.example.com/a", "host that is not a name, my_app.example.com", "", "malformed-address"),
    ("https://example,com/a", "host that is not a name", "", "malformed-address"),
    ("https://999.1.1.1/a", "host that is not a name", "", "malformed-address"),
    ("https://example.com:99999/", "not a whole web address", "", "malformed-address"),
    ("https://example.com:0/", "not a whole web address", "", "malformed-address"),
    ("https://[::1/a", "not a whole web address", "", "malformed-address"),
    ("https:/example.com/a", "not a whole web address", "https://example.com/a", "relative-address"),
    ("https:\\\\example.com/a", "not a whole web address", "https://example.com/a", "relative-address"),
    ("https://example.com/a b", "a space in it", "https://example.com/a%20b", "malformed-address"),
    (" https://example.com/a", "a space around it", "https://example.com/a", "malformed-address"),
    ("https://example.com/\u200ba", "U+200B (zero width space)", "https://example.com/a", "malformed-address"),
    ("\ufeffhttps://example.com/a", "U+FEFF (zero width no-break space)", "https://example.com/a", "malformed-address"),
    ("https://exam\u00adple.com/a", "U+00AD (soft hyphen)", "https://example.com/a", "malformed-address"),
    ("https://example.com/a\u00a0", "U+00A0 (no-break space)", "https://example.com/a", "malformed-address"),
    ("https://example.com/a\u2028b", "U+2028 (line separator)", "https://example.com/a%20b", "malformed-address"),
]


@pytest.mark.parametrize("address", GOOD)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert fault_of(address) is None
    assert check([{"action": "stream", "streamUrl": [address]}]) == []


@pytest.mark.parametrize(("address", "said", "better", "rule"), WRONG, ids=[ascii(row[0]) for row in WRONG])
def test_what_is_none_is_told_why_and_what_was_meant(address: str, said: str, better: str, rule: str) -> None:
    fault = fault_of(address)
    assert fault is not None and said in fault.said and fault.better == better
    ncco = [{"action": "stream", "streamUrl": [address]}]
    (problem,) = check(ncco)
    assert (problem.rule, problem.severity) == (rule, "error")
    assert said in problem.message
    if better:
        assert problem.fix is not None
        assert problem.fix.apply(ncco) == [{"action": "stream", "streamUrl": [better]}]
        assert check(problem.fix.apply(ncco)) == []
    with pytest.raises(KitError):
        _checked(address)


@pytest.mark.parametrize(
    ("uri", "said", "better"),
    [
        ("wss://YOUR_URL/socket", "YOUR_URL where the host should be", ""),
        ("wss://example..com/socket", "a dot too many", "wss://example.com/socket"),
        ("WSS://example..com/socket", "a dot too many", "WSS://example.com/socket"),
        ("wss://https://example.com/socket", "twice", "wss://example.com/socket"),
        ("ws://example.com/\u200bsocket", "U+200B (zero width space)", "ws://example.com/socket"),
    ],
)
def test_a_websocket_has_the_same_hosts(uri: str, said: str, better: str) -> None:
    endpoint = {"type": "websocket", "uri": uri, "content-type": "audio/l16;rate=16000"}
    ncco = [{"action": "connect", "from": "447700900000", "endpoint": [endpoint]}]
    (problem,) = check(ncco)
    assert said in problem.message
    fixed = problem.fix.apply(ncco)[0]["endpoint"][0]["uri"] if problem.fix else ""
    assert fixed == better


def test_what_nobody_sees_in_a_number_and_in_a_sip_address() -> None:
    phone, desk = {"type": "phone", "number": "447700900002"}, {"type": "sip", "uri": "sip:desk@example.com"}
    wrong = [phone | {"number": "\u202a447700900002\u202c"}, desk | {"uri": "sip:desk@\u2060example.com"}]
    for end, meant in zip(wrong, [phone, desk], strict=True):
        ncco = [{"action": "connect", "from": "447700900000", "endpoint": [end]}]
        (problem,) = check(ncco)
        assert "which nobody sees" in problem.message and problem.fix
        assert problem.fix.apply(ncco)[0]["endpoint"] == [meant]


@pytest.mark.parametrize(
    ("text", "seen", "first"),
    [
        ("a b", "a b", ""),
        ("ä–“…”😀é", "ä–“…”😀é", ""),
        ("a\u200bb", "ab", "U+200B (zero width space)"),
        ("\ufeffa", "a", "U+FEFF (zero width no-break space)"),
        ("a\u00a0b\u202fc\u3000d", "a b c d", "U+00A0 (no-break space)"),
        ("\u202aC:\\key\u202c", "C:\\key", "U+202A (left-to-right embedding)"),
        ("a\U000e0041b", "ab", "U+E0041 (tag latin capital letter a)"),
    ],
)
def test_what_nobody_sees(text: str, seen: str, first: str) -> None:
    assert (as_seen(text), unseen_in(text)) == (seen, first)

"""Phone, builder and panel as pictures: small, the same each time, and nothing in them is more than text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from helpers.kit import Kit
from helpers.server import create_app
from helpers.views.svg import Picture
from helpers.widgets.builder import Builder
from helpers.widgets.phone.widget import TITLES
from helpers.widgets.pictures import MOST_ROWS, builder_picture, phone_picture

HOSTILE = '</text><script>alert(1)</script>"><img src=x onerror=alert(1)> ' + "w" * 900
SVG = "{http://www.w3.org/2000/svg}"
LARGEST = 15_000  # bytes of what is stored of a widget


def words_of(picture: Picture) -> str:
    """What stands in a picture, from which nothing may stick out."""
    root = ET.fromstring(picture.svg())
    drawn = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert drawn <= {"svg", "title", "desc", "style", "rect", "path", "circle", "text"}
    return "\n".join(text.text or "" for text in root.iter(f"{SVG}text"))


def test_a_call_is_seen_on_phone_and_panel(kit: Kit) -> None:
    panel, phone = kit.panel(), kit.phone().show()
    url = kit.serve(create_app())
    ncco = [{"action": "talk", "text": "Hello. " + HOSTILE}, {"action": "wait", "timeout": 1}]
    placed = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=f"{url}/event")
    kit.wait_for(placed, "answered")
    phone.catch_up()
    assert "In call\n+44 7700 900500" in words_of(phone.picture()) and "Hang up" in words_of(phone.picture())
    kit.wait_for(placed)
    for widget in (phone, panel):
        bundle = widget._repr_mimebundle_()
        assert bundle == widget._repr_mimebundle_()
        assert '<img src="data:image/svg+xml,' in bundle["text/html"] and "<summary" in bundle["text/html"]
        assert len(bundle["text/html"].encode()) < LARGEST
        assert "<script" not in bundle["text/html"] and "<img src=x" not in bundle["text/html"]
    assert all(one in words_of(phone.picture()) for one in ("No call", "Hello.", "↙ +44 7700 900500"))
    both = phone.beside(kit.phone("447700900002").show())._repr_mimebundle_()
    assert both["text/html"].count("<img ") == 2


def test_a_phone_in_every_state(kit: Kit) -> None:
    shown: dict[str, Any] = {**kit.phone().show().shown, "note": HOSTILE, "name": HOSTILE, "switch": HOSTILE}
    lines = [{"id": n, "who": who, "at": 1.0 * n, "text": HOSTILE} for n, who in enumerate(("you", "line", "error"))]
    calls = [{"who": HOSTILE, "out": True, "how": HOSTILE, "missed": True}] * 9
    for state, title in TITLES.items():
        told = {**shown, "state": state, "title": title, "lines": lines, "calls": calls}
        seen = words_of(phone_picture(told, ""))
        assert title in seen and "w" * 70 not in seen  # what is too long is cut


def test_an_ncco_is_seen_with_its_problems() -> None:
    builder = Builder([{"action": "talk", "text": "Hello"}, {"action": "stream", "streamUrl": HOSTILE, "level": 7}, 5])
    html = builder._repr_mimebundle_()["text/html"]
    assert len(html.encode()) < LARGEST and "<script" not in html
    problems = [(one.severity, str(one)) for one in builder.problems]
    seen = words_of(builder_picture(builder.to_list(), problems, ""))
    assert "talk\ntext\nHello" in seen and "error: [1]" in seen
    many = builder_picture([{"action": "wait"}] * 99, [], "")
    assert f"and {99 - MOST_ROWS} more" in words_of(many) and len(many.svg()) < LARGEST
    assert "No action yet." in words_of(builder_picture([], [], ""))

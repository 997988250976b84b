"""Controls in words of others are shown in every text view, and obeyed in none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from helpers.base.errors import KitError
from helpers.base.text import one_line, visible
from helpers.call import Call
from helpers.calls import explain
from helpers.ncco import check
from helpers.ncco.editing.draft import Draft
from helpers.server.notices import Notices
from helpers.server.server import BackgroundServer
from helpers.wire.exchanges import RoundTrip, WireView
from tests.unit import calls
from tests.unit.panels import panel_of, status

BAD = "x\x1b[31m\u202ey\x9b2J\x07\rz\u2066\x08"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def test_controls_are_shown_and_not_obeyed() -> None:
    assert visible(BAD) == r"x\u001b[31m\u202ey\u009b2J\u0007\u000dz\u2066\u0008"
    assert visible("two\r\nlines\n\tand 👩\u200d👧 é \ud800") == "two\nlines\n\tand 👩\u200d👧 é \\ud800"
    assert one_line(f"a\n{BAD}") == f"a {visible(BAD)}"
    assert json.loads(visible(json.dumps(BAD, ensure_ascii=False))) == BAD, "JSON stays the same"


def call_of_a_stranger() -> Any:
    script = calls.Script()
    script.status(0.1, "ringing")
    script.status(0.5, "answered", detail=BAD, why=BAD)
    script.answer(0.6, body=[{"action": "talk", "text": BAD}, {"action": BAD}])
    script.ncco(0.7, [{"action": "talk", "text": BAD}, {"action": BAD, "eventUrl": [BAD]}])
    script.action(0.7, 0, {"action": "talk", "text": BAD})
    script.action(0.9, 1, {"action": BAD}, state="failed", why=BAD)
    script.play(0.8, 3, seconds=2.2, url=None, text=BAD)
    script.fetch(1.0, path=f"/audio/{BAD}", error=BAD)
    script.hook(1.1, BAD, "POST", f"/{BAD}", {BAD: BAD}, body=BAD, status=500, error=BAD)
    script(1.2, "error", reason=BAD, advice=BAD)
    script.event(2, BAD, reason=BAD)
    script.status(5, "completed", detail=BAD, why=BAD)
    return script.call()


def texts_of_a_stranger(tmp_path: Path) -> dict[str, str]:
    """Every text view that shows words of others."""
    call = call_of_a_stranger()
    from_them = [{**entry, "from": BAD} if entry["kind"] == "leg" else entry for entry in call.entries()]
    spoken = {"speech": {"results": [{"text": BAD}]}, "uuid": BAD, "conversation_uuid": BAD}
    panel = panel_of(status(BAD, reason=BAD, direction=BAD), BAD, spoken)
    exchange = RoundTrip(
        "POST", f"http://h/{BAD}", {"X": BAD}, BAD, 200, {}, json.dumps({"a": BAD}, ensure_ascii=False), 1
    )
    ncco = [
        {"action": BAD},
        {"action": "talk", "text": BAD, BAD: 1},
        {"action": "connect", "endpoint": [{"type": BAD}]},
    ]
    texts = {
        "timeline": call.timeline().text,
        "ladder": call.ladder().text,
        "table": call.table().text,
        "player": call.player(folder=tmp_path).text,
        "compare": call.timeline().compare(call).text,
        "call": repr(call),
        "a number": repr(Call(from_them, uuid=calls.LEG)),
        "said": repr(call.said("x")),
        "explain": "\n".join(str(explain(entry)) for entry in call.entries()),
        "panel": repr(panel),
        "panel's bundle": panel._repr_mimebundle_()["text/plain"],
        "flags": "\n".join(map(str, panel.flags)),
        "exchange": repr(exchange),
        "wire": repr(WireView([exchange])),
        "error": str(KitError(BAD, BAD)),
        "problems": "\n".join(map(str, check(ncco))),
        "draft": str(Draft(ncco)),
    }
    panel.close()
    return texts


def test_text_views_show_controls_and_obey_none(tmp_path: Path) -> None:
    texts = texts_of_a_stranger(tmp_path)
    assert {name: ascii(text) for name, text in texts.items() if OBEYED.search(text)} == {}
    shown = {name for name, text in texts.items() if r"\u001b[31m" in text}
    assert shown >= {"timeline", "ladder", "table", "a number", "said", "panel", "exchange", "wire", "error", "draft"}


def test_notices_show_controls(server: BackgroundServer, caplog: pytest.LogCaptureFixture) -> None:
    Notices(server).tell(BAD)
    assert caplog.messages == [visible(BAD)]


def test_a_notice_that_came_again_and_again_is_printed_once(
    server: BackgroundServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("helpers.server.notices.shell", object)
    notices = Notices(server)
    for text in ("one", "two", "one", "one"):
        notices.tell(text)
    notices.flush()
    assert capsys.readouterr().err == "one\n(3 times)\ntwo\n"

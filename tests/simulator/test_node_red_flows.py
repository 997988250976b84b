"""The tutorial's two flows, imported: the same calls as in lessons 06 and 07, on the same phone network.

What the lessons do is taken from their own cells, run up to the call in question. Then the same kit, in a fresh start,
gets the imported routes and call parameters instead.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers.call import Call
from helpers.kit import Kit
from helpers.ncco import parse
from helpers.node_red import Imported, import_flow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FLOWS = NOTEBOOKS / "flows"
PICTURE = re.compile(r"\.(player|ladder|timeline)\(|^(display|progress|exercise)\(")
Json = dict[str, Any]
Start = Callable[[], AbstractContextManager[Kit]]


@pytest.fixture
def start(clean: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a kit with an account of its own and seeded ids: each start is the same as the one before."""
    starts = iter(range(100))

    @contextmanager
    def start() -> Iterator[Kit]:
        monkeypatch.setenv("SIMULATOR_STATE", str(clean / f"account-{next(starts)}.json"))
        kit = helpers.setup()
        try:
            yield kit
        finally:
            kit.stop()

    yield start


def lesson(name: str, last: str) -> list[str]:
    """The code cells of a lesson up to the one that holds ``last``, without the deliberate mistake."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]
    right = [one for one in cells if "raises-exception" not in one["metadata"].get("tags", [])]
    sources = ["".join(one["source"]) for one in right if one["cell_type"] == "code"]
    place = next(place for place, source in enumerate(sources) if last in source)
    return sources[: place + 1]


def run(cells: list[str]) -> Json:
    """Run cells one after the other; their pictures are left out. Returns the names they defined."""
    names: Json = {}
    for source in cells:
        tree = ast.parse(source)
        shown = [one for one in tree.body if isinstance(one, ast.Expr) and PICTURE.search(ast.unparse(one))]
        tree.body = [one for one in tree.body if one not in shown]
        exec(compile(tree, "cell", "exec"), names)
    return names


def without_ports(data: Any) -> Any:
    """The same, with one name for this machine's servers, whichever ports they have."""
    return json.loads(re.sub(r"127\.0\.0\.1:\d+", "HOST", json.dumps(data)))


def imported_flow(name: str, kit: Kit) -> Imported:
    """A flow, imported for this kit and served by it. The kit's own way to the sounds is closed."""
    url = kit.tunnel.on()
    imported = import_flow((FLOWS / f"{name}.json").read_text("utf-8"), your_url=url)
    app = imported.app()
    kit.serve(lambda environ, start: app({**environ, "kit.audio": kit.settings.audio}, start))
    kit.server.audio = None
    return imported


def record(call: Call, kit: Kit) -> list[Json]:
    """The whole record of a call, without what differs from one start to the next: ports and real milliseconds."""
    entries = [{name: value for name, value in entry.items() if name not in ("ms", "seq")} for entry in call.entries()]
    return [dict(entry) for entry in without_ports(entries)]


def orders(kit: Kit) -> list[Json]:
    """The bodies of the requests that placed calls, ports left out."""
    placed = [one for one in kit.vonage.wire if one.method == "POST" and one.url.endswith("/v1/calls")]
    return [without_ports(json.loads(one.request_body or "")) for one in placed]


@pytest.mark.slow
def test_an_inbound_call_has_the_same_record_as_in_lesson_06(start: Start) -> None:
    *preparation, dial = lesson("06-play-audio-to-a-caller", "phone.dial(kit.number)")
    with start() as kit:
        names = run([*preparation, dial, "call = kit.wait_for(uuid)"])
        as_taught, sound = record(names["call"], kit), kit.settings.audio / names["SOUND"]
        heard = names["call"].heard_samples()
    with start() as kit:
        run(preparation)
        imported_flow("play-to-a-caller", kit)
        call = kit.wait_for(kit.phone().named("You").dial(kit.number))
        result = call.heard(sound)
        assert record(call, kit) == as_taught
        started = call.entries("sound", state="started")[0]["at"] - call.answered_at
        assert result.yes and result.at == pytest.approx(started, abs=0.05)
        assert (call.heard_samples() == heard).all()
    assert {"fetch", "sound", "webhook", "reply", "ncco", "action"} <= {entry["kind"] for entry in as_taught}


@pytest.mark.slow
def test_the_three_ways_of_lesson_07_send_the_same_and_sound_the_same(start: Start) -> None:
    cells = lesson("07-stream-audio-into-a-call", "third = kit.wait_for")
    with start() as kit:
        taught = run(cells)
        calls = [taught["first"], taught["second"], taught["third"]]
        # The first request is written by hand in the lesson, the others go through the client.
        bodies = [without_ports(taught["body"]), *orders(kit)]
        records, nccos = [record(call, kit) for call in calls], [taught["built"], taught["pasted"]]
        heard = [call.heard_samples() for call in calls]
    with start() as kit:
        kit.ready()
        imported = imported_flow("stream-into-a-call", kit)
        kit.phone().answers()
        placed = [kit.wait_for(kit.vonage.create_call(**call.parameters())) for call in imported.calls]
        sent = orders(kit)
        host = kit.tunnel.on()

        # The lesson's answer URL says in its query which file to play; the tutorial's has no query.
        bodies[2]["answer_url"] = [bodies[2]["answer_url"][0].partition("?")[0]]
        assert sent == bodies
        assert [set(body) & {"ncco", "answer_url"} for body in sent] == [{"ncco"}, {"ncco"}, {"answer_url"}]
        shown = [without_ports(parse(one.filled()).to_list()) for one in imported.nccos]
        lessons = [without_ports(one.to_list()) for one in nccos]
        assert shown == [lessons[0], lessons[1], lessons[0]]
        assert host in imported.nccos[0].ncco[0]["streamUrl"][0]
        for call, sound in zip(placed, heard, strict=True):
            assert call.heard(kit.settings.audio / taught["SOUND"]).yes
            assert (call.heard_samples() == sound).all()
        assert [outline(record(call, kit)) for call in placed] == [outline(one) for one in records]


def outline(entries: list[Json]) -> list[tuple[Any, ...]]:
    """What happened, in order: kind, what was told to whom, statuses, actions, replies; ids and the query left out."""
    facts = ("kind", "status", "action", "state", "type", "method", "why", "source")
    return [(*(entry.get(name) for name in facts), str(entry.get("url", "")).partition("?")[0]) for entry in entries]


def test_another_number_may_be_called(start: Start) -> None:
    with start() as kit:
        kit.ready()
        imported = imported_flow("stream-into-a-call", kit)
        assert imported.variables == {"msg": {"payload": 447700900001}}
        kit.phone("447700900002").busy()
        other = imported.calls[0].parameters({"msg": {"payload": "447700900002"}})
        assert "busy" in kit.wait_for(kit.vonage.create_call(**other), "over").statuses

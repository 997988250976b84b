"""The pictures of timeline and ladder: what they hold, what cannot get in, and that they stay readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from helpers.base.errors import KitError
from helpers.call import Call
from helpers.calls.from_webhooks import live_entries
from helpers.calls.marks import Mark
from helpers.calls.silences import silences
from helpers.calls.tracks import Tracks
from helpers.views.compare import compare_calls
from helpers.views.ladder import HEAD, MOST, TAIL, WRONG
from helpers.views.lanes import MOST_ROWS, Placed, Scale, bars, keys, moments, rows
from helpers.views.svg import COLOURS, Svg, fit, number, text_width
from helpers.views.timeline import FIRST, KEPT, LAST
from helpers.views.timeline_picture import Panel, Timeline, clock
from tests.unit import calls
from tests.unit.panels import status

EVIL = (
    '<script>alert("x")</script> <img src=x onerror=alert(1)> ]]></svg> &amp; #35; %%{init} $y$ `z` javascript:alert(1)'
    "\nNote over L1: hi\nparticipant X\x00\x1b[31m\u202e\ufffe" + "long " * 500
)
TAGS = {"svg", "title", "desc", "style", "rect", "path", "text"}
SPACE = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    """Every text of a picture; fails if it holds anything but shapes and text."""
    root = ElementTree.fromstring(svg)
    for one in root.iter():
        assert one.tag.removeprefix(SPACE) in TAGS
        for name, value in one.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name
            assert not re.search(r"url\(|script|:", value.replace("http://www.w3.org/2000/svg", ""))
    return [one.text or "" for one in root.iter(f"{SPACE}text")]


def evil() -> Call:
    script = calls.Script()
    script.numbers = {"from": EVIL, "to": EVIL}
    script.hook(0.1, "event", "POST", f"/{EVIL}", {"status": EVIL, "detail": EVIL}, status=204)
    script.status(0.2, "ringing")
    script.status(2.0, "answered", why=EVIL)
    script.action(2.0, 0, {"action": EVIL, "text": EVIL})
    script.play(2.0, 3.0, seconds=1.0, url=None, text=EVIL)
    script(2.5, "key", digit=EVIL, by="handset")
    script(2.6, "said", text="你好 \U0001f600 שלום " + EVIL, by="handset", seconds=0.3)
    script(2.6, "note", text=EVIL)
    script(2.7, "error", reason=EVIL, advice=EVIL)
    script(2.8, "request", method="PUT", path="/v1/calls/x", body={"action": EVIL}, status=400)
    script.fetch(2.9, f"/{EVIL}", error=EVIL)
    script.status(4.0, "completed", detail=EVIL)
    return script.call()


def many(turns: int, slow: int = 0) -> calls.Script:
    """A menu that goes round and round; every ``slow``-th reply takes two seconds."""
    script = calls.Script()
    script.status(0.1, "started")
    script.status(3.0, "answered")
    at = 3.0
    for turn in range(turns):
        stream, ask = {"action": "stream", "streamUrl": ["http://x/menu.mp3"]}, {"action": "input", "type": ["dtmf"]}
        took = 2.0 if slow and turn % slow == slow - 1 else 0.0
        script.action(at, 0, stream, ncco=turn)
        script.play(at, at + 5, seconds=5, cue=turn + 1)
        script.action(at + 5, 0, stream, "finished", ncco=turn)
        script.action(at + 5, 1, ask, ncco=turn)
        script(at + 8, "key", digit=str(turn % 10), by="handset")
        script(at + 8, "input", digits=str(turn % 10), timed_out=False, why="max_digits")
        script.hook(at + 8, "input", "POST", "/input", {"dtmf": {"digits": str(turn % 10)}}, body=[stream], took=took)
        script.action(at + 8 + took, 1, ask, "finished", ncco=turn)
        at += 8 + took
    script.status(at, "completed")
    return script


def long_call(seconds: int) -> Call:
    """A long menu call with a sound as long as it is, made without adding up samples."""
    script = many(seconds // 8, slow=100)
    call = script.call()
    samples = np.zeros(round((call.duration or 0) * 8000), dtype=np.float32)
    for e in call.entries("sound", state="started"):
        first = round((e["at"] - script.start - 3.0) * 8000)
        samples[first : first + 40_000] = 0.3
    sound = calls.wav(samples, 8000)
    return Call(script.trace.entries(), uuid=calls.LEG, heard=lambda leg, rate: sound)


# The writer


@pytest.mark.parametrize("theme", [0, 1])
def test_words_stand_out_from_their_ground_in_light_and_dark(theme: int) -> None:
    def light(name: str) -> float:
        parts = [int(COLOURS[name][theme][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    grounds = {
        "ink": ("bg", "slow", "quiet", "stream", "talk", "input", "wait", "other"),
        "pale": ("bg", "quiet", "slow"),
        "red": ("bg", "quiet", "other"),
    }
    for word, behind in grounds.items():
        for ground in behind:
            low, high = sorted((light(word), light(ground)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{word} on {ground}"


def test_no_usual_text_is_wider_than_it_is_taken_for() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", size=100)
    for text in (
        "webhooks",
        "stream greeting.mp3 (stopped: key press)",
        "WAITING for GET /answer, 3000 ms",
        "{}@%&#<>",
    ):
        assert TextPath((0, 0), text, prop=font).vertices[:, 0].max() <= text_width(text, 100) * 1.02


def test_text_is_fitted_and_numbers_are_short() -> None:
    assert fit("abc", 1000) == "abc"
    short = fit("a label that is far too long", 60)
    assert short.endswith("…")
    assert text_width(short) <= 60
    assert fit("anything", 3) == ""
    assert [number(n) for n in (1.0, 1.25, -0.01, 12.34)] == ["1", "1.2", "0", "12.3"]
    assert [clock(s, length) for s, length in ((-0.0, 9), (7.5, 9), (90, 600), (4350, 7200))] == [
        "0",
        "7.5",
        "1:30",
        "1:12:30",
    ]


def test_a_name_of_a_colour_is_the_only_way_to_colour() -> None:
    svg = Svg(10)
    svg.rect(0, 0, 1, 1, '"><script>')
    assert "<script>" not in svg.whole(10, "t")


# Hostile content


@pytest.mark.parametrize("make", [lambda c: c.timeline(), lambda c: c.ladder(), lambda c: compare_calls(c, c)])
def test_hostile_content_is_text_and_nothing_else(make: Callable[[Call], Any]) -> None:
    view = make(evil())
    shown = words(view.svg())
    assert any("<script>" in text for text in shown)
    assert len(view.svg()) < 20_000
    for text in (*shown, *view.text.splitlines()):
        assert not re.search(r"[\x00-\x1f\u202e\ufffe]", text)


def test_hostile_content_stays_in_its_place() -> None:
    """No text of the picture leaves it, and no line of the text twin is made up by somebody else."""
    for view in (evil().timeline(), evil().ladder()):
        root = ElementTree.fromstring(view.svg())
        width = float(root.attrib["width"])
        for one in root.iter(f"{SPACE}text"):
            size, x, look = text_width(one.text or ""), float(one.attrib["x"]), one.attrib.get("class", "").split()
            left = x - size if "r" in look else x - size / 2 if "m" in look else x
            assert left >= -1
            assert left + size <= width + 1
        assert not any(line.strip().startswith(("participant ", "Note over")) for line in view.text.splitlines())


def test_the_mermaid_of_hostile_content_is_one_line_a_step() -> None:
    view = evil().ladder()
    first, *lines = view.mermaid.splitlines()
    lanes = sum(line.startswith("  participant") for line in lines)
    assert first == "sequenceDiagram" and len(lines) - lanes == len(view.text.splitlines()) - 2
    for line in lines:
        assert re.match(r"  (participant L\d+ as |L\d+(->>|-->>|-x|--x)L\d+: |Note over L\d+(,L\d+)?: )", line)
        assert not re.search(r'["#;<%$`]', re.sub(r"#\d+;|<br/>", "", line.partition(": ")[2]))


# What the timeline's picture holds


def test_the_picture_holds_what_the_words_say() -> None:
    view = calls.menu(took=3.0).call().timeline()
    shown = words(view.svg())
    for text in (
        "webhooks",
        "keys",
        "heard",
        "silence",
        "NCCO",
        "started, ringing",
        "answer (3.0 s)",
        "rings",
        "3.0 s",
        "waiting for GET /answer, 3000 ms",
        "waiting for POST /input, 1500 ms",
        "stream greeting.mp3",
    ):
        assert text in shown
    assert "Silences that a request caused: 3.0 s waiting for GET /answer, 3000 ms" in view.svg()


def test_the_same_call_gives_the_same_picture_and_a_small_one() -> None:
    makers: list[Callable[[], calls.Script]] = [calls.menu, calls.inbound, lambda: calls.unsuccessful("busy")]
    for make in makers:
        svg = make().call().timeline().svg()
        assert svg == make().call().timeline().svg()
        assert len(svg) < 10_000


def test_it_is_as_wide_as_a_narrow_notebook_or_as_asked() -> None:
    call = calls.menu().call()
    assert 'width="720"' in call.timeline().svg()
    assert 'width="1000"' in call.timeline(width=1000).svg()
    assert 'width="320"' in call.timeline(width=5).svg()


def test_a_call_without_sound_and_one_that_nobody_answered_say_so() -> None:
    for call, told in (
        (calls.menu().call(sound=False), "There is no sound in this record."),
        (calls.unsuccessful("busy").call(), "not answered, nothing was heard"),
        (calls.Script().call(), "not answered, nothing was heard"),
    ):
        view = call.timeline()
        assert told in words(view.svg())
        assert told in view.text


def test_a_live_call_has_its_events_and_blames_nobody() -> None:
    came = (("started", 0.0), ("ringing", 0.4), ("answered", 5.2), ("completed", 31.7))
    events = [status(name, at, uuid="u1") for name, at in came]
    view = Call(live_entries(events), uuid="u1").timeline()
    assert "silence" not in view.text
    assert {"answered", "completed", "rings", "There is no sound in this record."} <= set(words(view.svg()))
    assert words(Call(live_entries(events), uuid="u1").ladder().svg())


def test_every_leg_has_its_own_waveform_and_very_many_are_told_one_by_one() -> None:
    from tests.unit.test_views_together import OTHER_PHONE, Together

    view = Together().end(9.0).timeline()
    assert words(view.svg()).count("heard") == 2
    for name in (f"Phone {calls.PHONE}", f"Phone {OTHER_PHONE}"):
        assert name in words(view.svg())
        assert name in view.text.splitlines()
    script = Together()
    for number_ in range(20):
        script.trace.append(
            "leg",
            at=104,
            leg=f"leg-{number_}",
            conversation=calls.TALK,
            direction="outbound",
            type="phone",
            **{"from": "1", "to": f"4477009001{number_:02}"},
        )
    crowd = script.end(9.0)
    assert words(crowd.timeline().svg()).count("heard") == 6
    assert "and 16 more legs" in crowd.timeline().text
    assert "more legs" not in crowd.timeline("leg-19").text


@pytest.mark.slow
def test_two_hours_are_drawn_and_lose_no_slow_request() -> None:
    call = long_call(7200)
    view, ladder = call.timeline(), call.ladder()
    assert len(view.svg()) < 20_000
    assert len(view.text.splitlines()) <= 1 + 5 * (FIRST + LAST + KEPT) * 2
    slow = [mark for mark in silences(Tracks(call, call.leg)) if mark.slow]
    assert len(slow) == 9
    for mark in slow:
        assert f"{mark.start:.1f}–{mark.end:.1f} s" in view.text
    assert "1:00:00" in words(view.svg())
    assert len(ladder.text.splitlines()) < MOST + 20


# Lanes


@pytest.mark.parametrize("place", [moments, bars, keys])
@pytest.mark.parametrize("count", [1, 7, 60, 900])
def test_labels_do_not_overlap_and_stay_in_the_picture(place: Callable[..., list[Placed]], count: int) -> None:
    scale = Scale(0.0, 100.0, 520.0)
    last = 0.0 if place is not bars else 0.4
    marks = [
        Mark(n * 97 / count, n * 97 / count + last, f"label {n} of a mark", note="odd" * (n % 3)) for n in range(count)
    ]
    placed = place(marks, scale)
    assert rows(placed) <= MOST_ROWS
    assert sum(one.mark.count for one in placed) == count or place is keys
    for one in placed:
        assert one.label_x >= -0.1
        assert one.label_x + text_width(one.label) <= scale.width + 0.1
    for a, b in pairwise(sorted(placed, key=lambda one: (one.row, one.label_x))):
        assert a.row != b.row or a.label_x + text_width(a.label) <= b.label_x + 0.1


def test_what_matters_keeps_a_place_of_its_own() -> None:
    marks = [Mark(float(n), float(n), f"event {n}", trouble=n == 500, slow=n == 700) for n in range(1000)]
    placed = moments(marks, Scale(0.0, 1000.0, 520.0))
    alone = [one.mark for one in placed if one.mark.count == 1 and one.mark.matters]
    assert [mark.start for mark in alone] == [500.0, 700.0]


def test_many_keys_are_counted() -> None:
    marks = [Mark(n * 0.1, n * 0.1, str(n % 10)) for n in range(30)]
    [one] = keys(marks, Scale(0.0, 100.0, 520.0))
    assert one.label == "0 1 2 3 4 5 6 7 … (30)"


def test_every_panel_of_a_picture_shares_one_axis() -> None:
    a, b = (Tracks(script.call(), calls.LEG) for script in (calls.menu(), calls.menu(took=3.0)))
    picture = Timeline([("", a, 2.1), ("", b, 2.1)])
    places = [Panel(picture, tracks, 2.1).x(tracks.answered or 0) for tracks in (a, b)]
    assert places[0] == pytest.approx(places[1])


# Two calls


def test_two_calls_differ_in_words_and_the_same_one_does_not() -> None:
    quick, slow = calls.menu().call(), calls.menu(took=3.0).call()
    view = quick.timeline().compare(slow)
    assert view.text == compare_calls(quick, slow).text == quick.timeline().compare(slow.timeline()).text
    told = [re.sub(r" {2,}", "  ", line) for line in view.text.splitlines()]
    for line in (
        "talk  7.1 s  11.6 s  4.5 s longer in B",
        "action input  0.5 s  2.0 s  1.5 s longer in B",
        "webhook GET /answer  0.0 s  3.0 s  3.0 s slower in B",
        "silence: waiting for GET /answer  –  3.0 s  new in B, at 0.0–3.0 s",
    ):
        assert line in told
    assert "seconds since the answer" in words(view.svg())
    back = compare_calls(slow, quick).text
    assert "3.0 s faster in B" in back
    assert "not in B; in A at 0.0–3.0 s" in back
    assert "No difference." in compare_calls(quick, quick).text


def test_a_call_that_was_not_answered_can_be_compared() -> None:
    view = compare_calls(calls.unsuccessful("busy").call(), calls.menu().call())
    assert "a call that was not answered counts from its start" in view.text
    assert "only in B" in view.text
    assert words(view.svg())


def test_how_a_webhook_failed_is_a_difference() -> None:
    view = compare_calls(calls.inbound().call(), calls.inbound(status=500, body="", error="HTTP 500").call())
    assert re.search(r"webhook GET /answer .*fine in A and ✗ 500", view.text)


# What the ladder holds


def test_the_ladder_in_a_picture() -> None:
    view = calls.menu(took=3.0).call().ladder()
    shown = words(view.svg())
    for text in (
        "Notebook",
        "Your server",
        "Voice API",
        "Phone",
        calls.PHONE,
        "POST /v1/calls → 201",
        "GET /answer",
        "200 NCCO: stream, input (after 3.0 s)",
        "POST /event · completed → 204",
        "5.1 s",
    ):
        assert text in shown
    assert view.svg() == calls.menu(took=3.0).call().ladder().svg()
    red = words(calls.inbound(body="<h1>x</h1>", content_type="text/html").call().ladder().svg())
    assert any(text.startswith("✗ 200 text/html") for text in red)


def test_a_long_call_is_folded_and_keeps_what_went_wrong() -> None:
    script = many(60)
    script(200.0, "error", reason="something broke", advice="mend it")
    call = script.call()
    folded, full = call.ladder(), call.ladder(full=True)
    assert len(full.text.splitlines()) > 240
    assert len(folded.text.splitlines()) <= MOST + 4
    assert "these 5 steps come" in folded.text
    assert "✗ error: something broke" in folded.text
    assert "times more" in folded.mermaid
    assert any("times more" in text for text in words(folded.svg()))


def test_a_long_call_without_a_pattern_keeps_beginning_trouble_and_end() -> None:
    script = calls.Script()
    letters = [chr(0x4E00 + n) for n in range(400)]
    for n, letter in enumerate(letters):
        script(float(n), "error" if n == 200 else "note", text=letter, reason=letter, advice="")
    told = script.call().ladder().text.splitlines()
    assert len(told) <= 2 + HEAD + TAIL + 2 * WRONG + 1
    for letter in (letters[0], letters[200], letters[399]):
        assert any(letter in line for line in told)
    assert "ladder(full=True) shows all" in "\n".join(told)


# Keeping them


def test_pictures_are_saved_by_the_ending_of_the_name(tmp_path: Path) -> None:
    ladder, timeline = calls.menu().call().ladder(), calls.menu().call().timeline()
    for name, begins in (
        ("a/ladder.svg", "<svg"),
        ("ladder.mmd", "sequenceDiagram"),
        ("ladder.MD", "```mermaid"),
        ("ladder.txt", "            Notebook"),
    ):
        assert ladder.save(str(tmp_path / name)) == str(tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    timeline.save(tmp_path / "t.svg")
    words((tmp_path / "t.svg").read_text("utf-8"))
    with pytest.raises(KitError, match=r"ladder.*does not say what to save as.*\.svg or \.txt or \.mmd or \.md"):
        ladder.save(tmp_path / "ladder")
    with pytest.raises(KitError, match=r"t\.mmd.*\.svg or \.txt"):
        timeline.save(tmp_path / "t.mmd")
    (tmp_path / "dir.svg").mkdir()
    with pytest.raises(KitError, match="cannot be written"):
        ladder.save(tmp_path / "dir.svg")

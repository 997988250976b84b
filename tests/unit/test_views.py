"""Every picture has words, and both tell the same."""

from __future__ import annotations

import json
import re
import wave
from html import unescape
from pathlib import Path

import pytest

from helpers.base.text import columns, one_line
from helpers.base.view import View
from helpers.call import Call
from helpers.calls.silences import waits
from helpers.calls.story import Story
from helpers.calls.tracks import Tracks
from helpers.views.ladder import escape, wrap
from helpers.views.player import caption_lines, safe_name
from helpers.views.svg import WIDTH
from helpers.views.timeline import as_text
from tests.unit import calls
from tests.unit.test_views_pictures import evil

SCRIPTS = {
    "menu": calls.menu(),
    "slow": calls.menu(took=3.0),
    "busy": calls.unsuccessful("busy", sip_code=486),
    "rejected": calls.unsuccessful("rejected", "declined"),
    "inbound": calls.inbound(),
    "html": calls.inbound(body="<h1>Hello</h1>", content_type="text/html"),
    "long": calls.voicemail_music(35.0),
}


@pytest.fixture(params=SCRIPTS)
def call(request: pytest.FixtureRequest) -> Call:
    return SCRIPTS[request.param].call()


# The ladder


def test_the_ladder_in_words() -> None:
    lines = str(SCRIPTS["slow"].call().ladder()).splitlines()
    assert lines[0].split() == ["Notebook", "Your", "Voice", "Phone"]
    assert lines[1].split() == ["server", "API", calls.PHONE]
    told = [re.sub(r"[│─╌<>●✗ ]{4,}", "  ", line) for line in lines[2:]]
    assert [line.strip() for line in told] == [
        "0.0 s  POST /v1/calls → 201",
        "0.1 s  POST /event · started → 204",
        "0.1 s  rings",
        "0.1 s  POST /event · ringing → 204",
        "2.1 s  picks up",
        "2.1 s  GET /answer",
        "5.1 s  200 NCCO: stream, input (after 3.0 s)",
        "5.1 s  POST /event · answered → 204",
        "5.1 s  GET /audio/greeting.mp3 → 200 MP3 mono 16000 Hz, 3.2 s",
        "5.1 s  plays greeting.mp3 (3.2 s, 2 times)",
        "9.3 s  presses 1",
        "9.3 s  stream stopped: key press",
        "9.3 s  input starts",
        "9.8 s  presses 4",
        "9.8 s  POST /input · input 14",
        "11.3 s  200 NCCO: talk (after 1.5 s)",
        "11.3 s  says “You pressed 14. Good-bye.” (2.4 s)",
        "13.7 s  hangs up",
        "13.7 s  POST /event · completed → 204",
    ]


def test_arrows_point_from_who_to_whom() -> None:
    lines = str(SCRIPTS["slow"].call().ladder()).splitlines()
    created, rings, answer, reply = lines[2], lines[4], lines[7], lines[8]
    assert re.search(r"│─{20,}>│ +│ +POST /v1/calls", created)
    assert re.search(r"│ +│ +│─+>│ +rings", rings)
    assert re.search(r"│ +│<─+│ +│ +GET /answer", answer)
    assert re.search(r"│ +│╌+>│ +│ +200 NCCO", reply)


def test_the_mermaid_source_tells_the_same_as_the_words(call: Call) -> None:
    view = call.ladder()
    source = view.mermaid.splitlines()
    words = str(view).splitlines()
    assert source[0] == "sequenceDiagram"
    participants = [line.split(" as ")[1] for line in source if "participant" in line]
    assert [name for name in participants if name != "Notebook"] == ["Your server", "Voice API", f"Phone {calls.PHONE}"]
    told = [line.partition(": ")[2].replace("<br/>", " ") for line in source[1 + len(participants) :]]
    told = [re.sub(r"#(\d+);", lambda found: chr(int(found.group(1))), line) for line in told]
    assert len(told) == len(words) - 2
    for line, word in zip(told, words[2:], strict=True):
        at, _, text = line.partition(" · ")
        assert word.strip().startswith(at)
        assert word.endswith(text)


def test_trouble_is_marked_in_words_and_arrow() -> None:
    view = SCRIPTS["html"].call().ladder()
    assert "✗ 200 text/html · Your server replied with a web page instead of JSON." in str(view)
    assert "L1--xL2: 0.6 s · ✗ 200 text/html" in view.mermaid
    assert "must reply 200 with a JSON array" in str(view)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"status": 404, "body": "no", "error": "HTTP 404"}, "✗ 404 text/plain · Your server has no such page"),
        ({"status": 500, "body": "", "error": "HTTP 500"}, "✗ 500 (nothing) · Your route raised an error"),
        ({"body": ""}, "✗ 200 (nothing) · Your server replied with nothing."),
        ({"body": "[{", "content_type": "application/json"}, "Your server's reply is not valid JSON."),
        ({"body": {"action": "talk"}}, "✗ 200 JSON · Your server's reply is JSON, but not an NCCO."),
        ({"status": None, "error": "read timeout", "took": 5.0}, "✗ no reply: read timeout (after 5.0 s) · "),
        ({"status": None, "error": "connection refused"}, "✗ no reply: connection refused · Nothing listens"),
    ],
)
def test_each_bad_reply_says_why(how: dict[str, object], words: str) -> None:
    assert words in str(calls.inbound(**how).call().ladder())


def test_an_events_own_reply_counts_by_its_status_only() -> None:
    script = calls.Script()
    script.hook(0.1, "event", "POST", "/event", {"status": "ringing"}, body="<p>thanks</p>", content_type="text/html")
    script.hook(0.2, "event", "POST", "/event", {"status": "answered"}, status=500, error="HTTP 500")
    words = str(script.call().ladder())
    assert "POST /event · ringing → 200" in words
    assert words.count("✗ 500 · Your route raised an error (500).") == 1


def test_an_input_may_be_answered_with_nothing_or_with_any_text() -> None:
    for how in ({"status": 204, "body": "", "content_type": "text/html"}, {"body": "OK", "content_type": "text/html"}):
        script = calls.Script()
        script.hook(0.1, "input", "POST", "/input", {"dtmf": {"digits": "1"}}, **how)
        assert "✗" not in str(script.call().ladder()) + str(script.call().timeline())
    script = calls.Script()
    script.hook(0.1, "input", "POST", "/input", {"dtmf": {"digits": "1"}}, body='[{"action": "talk"}]')
    assert "does not say that it is JSON" in str(script.call().ladder())


def test_keys_and_equal_steps_are_merged() -> None:
    assert "presses 5 5 5" in str(SCRIPTS["long"].call().ladder())
    script = calls.Script()
    for _ in range(3):
        script(1, "note", text="again")
    assert "again (3 times)" in str(script.call().ladder())


def test_audio_from_elsewhere_has_a_lane_of_its_own() -> None:
    script = calls.Script()
    script(1.0, "fetch", url="https://example.com/a.mp3", status=200, content_type="audio/mpeg", bytes=9,
           format="MP3", seconds=1.0, cache="miss", error=None)  # fmt: skip
    assert "example.com" in Story(script.call()).lanes.values()


def test_a_live_record_knows_only_events() -> None:
    script = calls.Script()
    payload = {"status": "ringing"}
    script(0.1, "webhook", request=1, type="event", method="POST", url="", payload=payload, attempt=1)
    call = script.call()
    assert "POST · ringing" in str(call.ladder())
    assert "✗" not in str(call.ladder()) + str(call.timeline()) + str(call.table())


def test_text_is_escaped_and_wrapped_for_mermaid() -> None:
    assert escape('a;b"#') == "a#59;b#34;#35;"
    assert wrap("one two three", 7) == "one two<br/>three"


# The table


def test_the_table_has_every_step_in_both_forms(call: Call) -> None:
    view = call.table()
    html, words = view.bundle["text/html"], str(view).splitlines()
    assert words[0].split() == ["s", "what", "who", "→", "whom", "details"]
    assert html.count("<tr>") == len(words)
    for mark in ("POST /event · started → 204", f"Phone {calls.PHONE}"):
        assert mark in str(view)
        assert mark in html
    assert len(html) + len(str(view)) < 16_000


def test_html_is_escaped() -> None:
    html = evil().table().bundle["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


# The timeline


def test_the_timeline_in_words() -> None:
    call = SCRIPTS["slow"].call()
    lines = as_text([Tracks(call, call.leg)]).splitlines()
    assert lines[0].startswith("Call 447700900000 → 447700900001, outbound")
    text = "\n".join(re.sub(r" +", " ", line).strip() for line in lines)
    for words in (
        "ringing 0.1–2.1 s",
        "webhooks 0.1 s started",
        "2.1–5.1 s answer (3.0 s)",
        "9.8–11.3 s input 14 (1.5 s)",
        "13.7 s completed",
        "keys 9.3 s 1",
        "silence 2.1–5.1 s waiting for GET /answer, 3000 ms",
        "9.3–9.8 s input waits for a key",
        "9.8–11.3 s waiting for POST /input, 1500 ms",
        "NCCO 5.1–9.3 s stream greeting.mp3 (stopped: key press)",
        "11.3–13.7 s talk “You pressed 14. Good-bye.”",
    ):
        assert words in text


def test_silence_is_blamed_on_a_webhook_only_where_nothing_plays() -> None:
    script = calls.Script()
    script.status(1.0, "answered")
    script.action(1.0, 0, {"action": "notify"})
    script.play(1.0, 3.0, seconds=2.0)
    script.hook(2.0, "notify", "POST", "/notify", {"payload": {}}, took=3.0)
    script.action(5.0, 0, {"action": "notify"}, "finished")
    script.status(6.0, "completed")
    found = waits(Tracks(script.call(), calls.LEG))
    assert [(w.start, w.end, w.label) for w in found] == [(3.0, 5.0, "(silence: waiting for POST /notify, 3000 ms)")]


# The player


def test_the_player_writes_the_file_and_links_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    view_of = SCRIPTS["slow"].call()
    view = view_of.player(name="07-1")
    html = view.bundle["text/html"]
    with wave.open(str(tmp_path / "heard" / "07-1.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
        assert sound.getnframes() == round(11.6 * 8000)
    assert 'src="heard/07-1.wav"' in html
    assert 'controls preload="metadata" aria-label="What 447700900001 heard"' in html
    assert not re.search("autoplay|<script", html)
    assert len(html) + len(str(view)) < 26_000
    for line in caption_lines(Tracks(view_of, view_of.leg)):
        assert line.strip() in html and line in str(view)
    assert str(view).endswith(str(view_of.timeline()))


def test_each_call_has_a_file_of_its_own(tmp_path: Path) -> None:
    for start in (0.0, 30.0, 30.0):
        script = calls.Script(start=start)
        script.status(1.0, "answered")
        script.status(2.0, "completed")
        script.call().player(folder=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["447700900001-at-0.0s.wav", "447700900001-at-30.0s.wav"]


def test_captions_count_from_the_answer(tmp_path: Path) -> None:
    text = str(SCRIPTS["slow"].call().player(folder=tmp_path))
    assert "0.0–3.0 s  (silence: waiting for GET /answer, 3000 ms)" in text
    assert "3.0–7.2 s  stream greeting.mp3" in text
    assert "9.2–11.6 s  talk “You pressed 14. Good-bye.”" in text


def test_a_call_with_many_sounds_stays_small(tmp_path: Path) -> None:
    script = calls.Script()
    script.status(0.0, "answered")
    for number in range(60):
        script.play(number, number + 0.5, seconds=0.5, cue=number + 1, url=f"http://127.0.0.1/{'x' * 80}.mp3")
    script.status(60.0, "completed")
    view = script.call().player(folder=tmp_path)
    assert "and 40 more" in str(view)
    assert len(view.bundle["text/html"]) < 28_000


def test_the_player_knows_where_in_its_pictures_each_moment_is(tmp_path: Path) -> None:
    call = SCRIPTS["menu"].call()
    html = call.player(folder=tmp_path).bundle["text/html"]
    told = json.loads(unescape(re.search('data-call="([^"]*)"', html)[1]))  # type: ignore[index]
    answered = call.since_start(call.answered_at or 0)
    assert told["zero"] == answered
    spots = {label: (x, y, at) for x, y, _, _, at, label in told["spots"]}
    x, y, at = spots["answer, answered"]
    assert at == answered and 0 < y < 50
    assert abs(100 * (told["left"] + told["second"] * at) - x - 100 * 5 / WIDTH) < 0.2
    times, tops = zip(*told["steps"], strict=True)
    assert list(times) == sorted(times) and list(tops) == sorted(tops)
    assert 0 < tops[0] < tops[-1] < 1
    assert html.count("data-picture") == 2 + html.count("[data-picture]")


def test_no_player_without_sound() -> None:
    assert "Nobody answered" in str(SCRIPTS["busy"].call().player())
    call = calls.menu().call(sound=False)
    live = call.player()
    assert "listen on your phone" in str(live)
    assert str(live).endswith(f"{call.timeline()}\n\n{call.ladder()}")
    assert "<audio" not in live.bundle["text/html"] and live.bundle["text/html"].count("<img") == 2


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    assert [safe_name(n) for n in ("../../etc/x", "a b", "…", "ok_1.2")] == ["etc-x", "a-b", "call", "ok_1.2"]
    html = evil().player(name='../"><script>', folder=tmp_path).bundle["text/html"]
    assert "<script>" not in html
    assert [p.parent for p in tmp_path.rglob("*.wav")] == [tmp_path]


# What views share


def test_show_displays_the_player(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown: list[View] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("IPython.display.display", shown.append)
    SCRIPTS["menu"].call().show()
    assert [str(view) for view in shown] == [str(SCRIPTS["menu"].call().player())]


def test_words_hold_no_ids_clock_times_or_addresses(call: Call, tmp_path: Path) -> None:
    views = [call.ladder(), call.table(), call.player(folder=tmp_path)]
    for view in views:
        data, _ = view._repr_mimebundle_()
        assert data["text/plain"] == str(view) == repr(view)
    for words in (*map(str, views), as_text([Tracks(call, call.leg)])):
        assert not re.search(r"0x[0-9a-f]{6}|CON-|7f0c3a1e|2026-|\d\d:\d\d:\d\d", words)


def test_lines_and_columns() -> None:
    assert one_line("a\n b\x1b[31m\u202e c") == r"a b\u001b[31m\u202e c"
    assert one_line("x" * 20, 5) == "xxxx…"
    assert columns([["1", "a"], ["10", "bb"]], right=(0,)) == [" 1  a", "10  bb"]
    assert columns([]) == []

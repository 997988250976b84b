"""The option lab: one option, or two, at several values, to hear, to see and to read."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path
from typing import Any

import pytest

from helpers.base.errors import KitError
from helpers.ncco import NccoError
from helpers.rehearsal import play, sweep

JINGLE = {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}
GREETING = {"action": "stream", "streamUrl": ["https://example.com/audio/greeting.mp3"]}
KEYS = {"action": "input", "type": ["dtmf"]}
pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")  # what is heard is written to the current folder
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900002"}]}


def rows(view: Any) -> list[list[str]]:
    """The table in the text, cell by cell."""
    lines = str(view).splitlines()[1:]
    starts = [found.start() for found in re.finditer(r"(?:^|(?<=  ))\S", lines[0])]
    ends = [*starts[1:], 10_000]
    table = [line for line in lines if not line.startswith(("Loudness", "The same"))]
    return [[line[a:b].strip() for a, b in zip(starts, ends, strict=True)] for line in table[1:]]


# --- one option ------------------------------------------------------------------------------------------------------


def test_a_level_is_heard_read_and_seen(tmp_path: Path) -> None:
    view = sweep([JINGLE], "0.level", [-1, 0, 1], name="level")
    assert str(view).splitlines() == [
        "Option lab: 0.level (stream)",
        "0.level      length  loudness          what differs  sound",
        "-1            2.7 s  -38.0 dB (-11.3)                heard/level-1.wav",
        "0 (default)   2.7 s  -26.7 dB                        heard/level-2.wav",
        "1             2.7 s  -15.1 dB (+11.6)                heard/level-3.wav",
        "Loudness: the level of what sounds, below full scale; in brackets, compared with 0 (default).",
        "The same in all: heard: 0.0–2.7 s jingle.mp3",
        "The same in all: ended: Vonage ended the call, every action is complete",
    ]
    with wave.open(str(tmp_path / "heard" / "level-3.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
        data = sound.readframes(sound.getnframes())
    with wave.open(io.BytesIO(play([{**JINGLE, "level": 1}]).wav())) as alone:
        assert data == alone.readframes(alone.getnframes()), "beside others it sounds as it does alone"


def heights(html: str) -> list[float]:
    """How high each waveform is drawn."""
    return [max(map(float, re.findall(r"v([\d.]+)", path))) for path in re.findall(r'<path d="([^"]+)"', html)]


def test_waveforms_share_one_scale() -> None:
    levels = heights(sweep([JINGLE], "0.level", [-1, 0, 1]).bundle["text/html"])
    assert levels == sorted(levels)
    assert levels[2] > 3 * levels[1] > 6 * levels[0]
    loops = sweep([JINGLE], "0.loop", [1, 3]).bundle["text/html"]
    bars = [path.count("M") for path in re.findall(r'<path d="([^"]+)"', loops)]
    assert bars == [24, 72], "a longer sound is drawn longer"


def test_each_cell_has_a_player_with_a_name() -> None:
    html = sweep([JINGLE], "0.loop", [1, 2], name="my loops").bundle["text/html"]
    assert re.findall(r'aria-label="([^"]+)" src="([^"]+)"', html) == [
        ("0.loop 1 (default)", "heard/my-loops-1.wav"),
        ("0.loop 2", "heard/my-loops-2.wav"),
    ]


def test_what_differs_in_the_course_of_the_call_is_told() -> None:
    false, true = rows(sweep([GREETING, KEYS], "0.bargeIn", [False, True], keys="12"))
    assert false[3] == "heard: 0.0–5.1 s greeting.mp3"
    assert true[3] == "heard: 0.0–2.0 s greeting.mp3; cut short: stream, key press"
    digits = rows(sweep([KEYS], "0.dtmf.maxDigits", [1, 3], keys="123"))
    assert [row[3] for row in digits] == ["digits: 1", "digits: 123"]
    notify = {"action": "notify", "payload": {"step": 0}, "eventUrl": ["https://example.com/n"]}
    told = rows(sweep([notify], "0.payload.step", [1, {"deep": 2}]))
    assert [row[3] for row in told] == ['webhooks: notify: {"step": 1}', 'webhooks: notify: {"step": {"deep": 2}}']


def test_music_without_end_stops_after_the_seconds_of_the_lab() -> None:
    endless = rows(sweep([JINGLE], "0.loop", [0, 1]))
    assert [row[1] for row in endless] == ["30.0 s", "2.7 s"]
    assert "the person hung up" not in endless[1][3].lower()
    assert rows(sweep([JINGLE], "0.loop", [0], seconds=4))[0][1] == "4.0 s"


def test_a_wrong_value_has_its_problem_where_others_have_their_sound() -> None:
    view = sweep([JINGLE], "0.level", [0, 2, "<b>loud</b>", object])
    right, *wrong = rows(view)
    assert right[4].endswith("-1.wav")
    assert all(row[3].startswith("✗ level of stream is") and row[4] == "" for row in wrong)
    html = view.bundle["text/html"]
    assert html.count("<audio") == 1
    assert html.count("✗") == 3
    assert "<b>loud" not in html


def test_values_that_are_all_wrong_still_make_a_lab() -> None:
    assert [row[3][:1] for row in rows(sweep([JINGLE], "0.level", [2, 3]))] == ["✗", "✗"]


def test_a_value_can_put_right_what_is_wrong() -> None:
    missing = {"action": "stream"}
    named, gone = rows(sweep([missing], "0.streamUrl", ["https://example.com/jingle.mp3", None]))
    assert named[1] == "2.7 s"
    assert gone[0] == "left out"
    assert "needs streamUrl" in gone[3]


def test_silence_is_told() -> None:
    view = sweep([{"action": "wait", "timeout": 1}], "0.timeout", [1, 2])
    assert [row[2] for row in rows(view)] == ["silent", "silent"]
    assert "in brackets" not in str(view), "there is nothing to compare"


def test_a_call_that_nobody_answers_has_no_player() -> None:
    view = sweep([JINGLE], "0.level", [0, 1], script=[{"do": "decline"}])
    assert "<audio" not in view.bundle["text/html"]
    assert "The same in all: ended: Nobody answered, the person declined the call (rejected)" in str(view)


def test_a_text_that_is_one_address_needs_no_list() -> None:
    urls = ["https://example.com/jingle.mp3", ["https://example.com/greeting.mp3"]]
    assert [row[1] for row in rows(sweep([JINGLE], "0.streamUrl", urls))] == ["2.7 s", "5.1 s"]


def test_seconds_are_told_as_such() -> None:
    assert [row[0] for row in rows(sweep([KEYS], "0.dtmf.timeOut", [1, 3]))] == ["1 s", "3 s (default)"]


def test_endpoints_are_reached_with_and_without_their_position() -> None:
    values = ["447700900003", "+44"]
    for path in ("0.endpoint.number", "0.endpoint.0.number"):
        right, wrong = rows(sweep([CONNECT], path, values))
        assert "447700900003: “Hello" in right[3]
        assert wrong[3].startswith("✗ endpoint.number of connect")


def test_a_group_that_is_not_there_is_made_and_left_alone_without_a_value() -> None:
    view = sweep([KEYS], "0.dtmf.maxDigits", [2, None], keys="1234")
    assert [row[3] for row in rows(view)] == ["digits: 12", "digits: 1234"]


def test_templates_are_filled_in_first() -> None:
    template = [{"action": "talk", "text": "Hello {{name}}"}]
    view = sweep(template, "0.style", [0, 1], variables={"name": "Ada"})
    assert "“Hello Ada”" in str(view)


def test_the_same_lab_reads_the_same_and_another_has_other_files() -> None:
    first, again = (str(sweep([JINGLE], "0.level", [0, 1])) for _ in range(2))
    assert first == again
    other = str(sweep([JINGLE], "0.level", [0, 1], direction="inbound"))
    assert re.findall(r"heard/\S+", other) != re.findall(r"heard/\S+", first)


# --- two options -----------------------------------------------------------------------------------------------------


def test_two_options_make_a_table() -> None:
    view = sweep([JINGLE], "0.level", [-1, 0], "0.loop", [1, 2, "x"])
    table = rows(view)
    assert [(row[0], row[1]) for row in table] == [
        (level, loop) for level in ("-1", "0 (default)") for loop in ("1 (default)", "2", "x")
    ]
    assert [row[2] for row in table] == ["2.7 s", "5.4 s", "", "2.7 s", "5.4 s", ""]
    assert table[3][3] == "-26.7 dB", "both defaults: what the others are compared with"
    assert table[4][3] == "-26.7 dB (same)"
    html = view.bundle["text/html"]
    assert html.count('<th scope="row"') == 2
    assert html.count('<th scope="col"') == 3
    assert html.count("<audio") == 4
    assert 'aria-label="0.level -1, 0.loop 2"' in html


# --- what a learner can get wrong ------------------------------------------------------------------------------------


PIGEON, NOTHING = ([{"action": "connect", "endpoint": [one]}] for one in ({"type": "pigeon"}, 5))


@pytest.mark.parametrize(
    ("arguments", "message", "cure"),
    [
        (("level", [1]), "'level' is not the path of an option.", '"0.level"'),
        ((0, [1]), "0 is not the path of an option.", '"0.level"'),
        (("0.", [1]), "'0.' is not the path of an option.", "position of the action, from 0"),
        (("-1.level", [1]), "'-1.level' is not the path of an option.", "position of the action, from 0"),
        (("2.level", [1]), "There is no action 2.", "This NCCO has 2: the last is 1"),
        (("0.levle", [1]), 'The stream has no option "0.levle".', 'Did you mean "0.level"?'),
        (("0.zzz", [1]), 'The stream has no option "0.zzz".', "There are streamUrl, "),
        (("0.action", [1]), 'The stream has no option "0.action".', "There are streamUrl, "),
        (("0.level.more", [1]), "There is no option inside 0.level.", "The path ends there."),
        (("1.endpoint.numbr", [1]), 'The connect has no option "1.endpoint.numbr".', 'Did you mean "1.endpoint.numb'),
        (("0.level", 1), "values is not a list.", "Put the values in square brackets: [-1, 0, 1]."),
        (("0.level", "01"), "values is not a list.", "Put the values in square brackets: [-1, 0, 1]."),
        (("0.level", []), "values is empty.", "Give at least one value: [-1, 0, 1]."),
        (("0.level", [0], "0.loop"), "values2 is not a list.", "Put the values in square brackets: [-1, 0, 1]."),
        (("0.level", [0], None, [1]), "There is no path2 for values2.", 'Name the second option, such as "0.loop".'),
        (("0.level", [0], "0.level", [1]), "0.level and 0.level are the same option.", "Name another one as path2."),
        (("0.level", [0], "0.lop", [1]), 'The stream has no option "0.lop".', 'Did you mean "0.loop"?'),
        (("0.level", range(26)), "That makes 26 calls, and 25 are the most to be compared at once.",
         "Try fewer values."),
        (("0.level", range(6), "0.loop", range(5)),
         "That makes 30 calls, and 25 are the most to be compared at once.", "Try fewer values."),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be(arguments: tuple[Any, ...], message: str, cure: str) -> None:
    with pytest.raises(KitError) as failed:
        sweep([JINGLE, CONNECT], *arguments)
    assert failed.value.message == message
    assert cure in failed.value.cure


@pytest.mark.parametrize(
    ("ncco", "path", "message", "cure"),
    [
        ([{"action": "sing"}], "0.level", "Action 0 is 'sing', which there is not.", "There are stream, "),
        (PIGEON, "0.endpoint.number", "The endpoint of connect has the type 'pigeon', which there is not.", "The ty"),
        (NOTHING, "0.endpoint.number", "The endpoint of connect has the type None, which there is not.", "The types"),
    ],
)
def test_an_action_without_such_an_option(ncco: Any, path: str, message: str, cure: str) -> None:
    with pytest.raises(KitError) as failed:
        sweep(ncco, path, [1])
    assert failed.value.message == message
    assert failed.value.cure.startswith(cure)


@pytest.mark.parametrize("wrong", [[], "[", {}, 5, [5], JINGLE, None])
def test_what_is_no_ncco(wrong: Any) -> None:
    with pytest.raises(NccoError):
        sweep(wrong, "0.level", [0])


def test_instructions_that_nobody_could_follow() -> None:
    with pytest.raises(KitError, match="'x' is nothing a keypad can send"):
        sweep([JINGLE], "0.level", [0], keys="x")
    with pytest.raises(TypeError, match="'kesy'"):
        sweep([JINGLE], "0.level", [0], kesy="1")

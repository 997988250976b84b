"""An NCCO as Python source, and Python source read back without running it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from helpers.ncco import NccoError, from_python, parse, to_python
from helpers.ncco.texts.python_text import PythonError
from tests.unit.effort import deep_list, soon

from .test_ncco_models import FULL

SOCKET = {"action": "connect", "from": "447700900000", "endpoint": [
    {"type": "websocket", "uri": "ws://x", "content-type": "audio/l16;rate=8000"}]}  # fmt: skip
NASTY = [
    {"action": "talk", "text": "It's \"5 o'clock\" & $HOME `id` \\ é\nline\t\u202e\x07 😀 {{name}}"},
    SOCKET,
]
MISTAKES: list[list[Any]] = [
    [],
    [{}],
    [None, 5, "text", [], {"action": 5}],
    [{"action": "talk", "text": 5, "lop": None, "a b": {"class": [True, False, -1.5, 1e300, 10**30]}}],
    [{"action": "nothing", "": "", "self": 1}],
]
URLS = ["https://example.com/audio/music.mp3"]


def executed(source: str) -> Any:
    """What the name ``ncco`` holds when the source has run."""
    names: dict[str, Any] = {}
    exec(compile(source, "source", "exec", dont_inherit=True), names)
    return names["ncco"]


@pytest.mark.parametrize("data", [FULL, NASTY, *MISTAKES], ids=lambda data: str(data)[:20])
def test_the_list_form_is_the_list(data: list[Any]) -> None:
    source = to_python(data)
    assert executed(source) == data
    assert from_python(source) == data


def test_the_source_is_a_program_of_its_own() -> None:
    program = to_python(FULL) + "\nimport json\nprint(json.dumps(ncco))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == parse(FULL).to_list()


def test_the_python_reads_well() -> None:
    ncco = [
        {"action": "stream", "streamUrl": URLS, "loop": 2},
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True},
         "eventUrl": ["https://example.com/event"]},
    ]  # fmt: skip
    assert to_python(ncco) == (
        "ncco = [\n"
        '    {"action": "stream", "streamUrl": ["https://example.com/audio/music.mp3"], "loop": 2},\n'
        "    {\n"
        '        "action": "input",\n'
        '        "type": ["dtmf"],\n'
        '        "dtmf": {"maxDigits": 1, "submitOnHash": True},\n'
        '        "eventUrl": ["https://example.com/event"],\n'
        "    },\n"
        "]\n"
    )


def test_no_character_can_change_what_the_source_seems_to_be() -> None:
    source = to_python([{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}])
    assert source.isascii() and source.count("\n") == 3
    assert executed(source) == from_python(source) == [{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}]


def test_what_is_no_ncco_is_refused() -> None:
    for wrong in ("[", {"action": "talk"}, None, 5):
        with pytest.raises(NccoError):
            to_python(wrong)
    with pytest.raises(NccoError, match="nested too deeply"):
        to_python(deep_list(100_000))


def test_what_is_no_json_is_shown_as_text() -> None:
    source = to_python([{"action": "talk", "text": {1, }, "level": float("nan"), "loop": 10**5000}])  # fmt: skip
    [item] = executed(source)
    assert item["text"] == "{1}" and item["level"] != item["level"] and item["loop"] == 10**5000


READ: dict[str, tuple[str, Any]] = {
    "bare list": ('[{"action": "talk"}]', [{"action": "talk"}]),
    "comments": ('# one\nncco = [  # two\n    {"a": 1},  # three\n]\n# four', [{"a": 1}]),
    "docstring": ('"""A menu."""\nncco = [1]', [1]),
    "typed": ("ncco: list[dict] = [1]", [1]),
    "tuple": ("(1, 2)", [1, 2]),
    "numbers": ("[-1, +1, -0.5, 1e3, 0x10, 1_000]", [-1, 1, -0.5, 1000.0, 16, 1000]),
    "constants": ("[True, False, None]", [True, False, None]),
    "JSON's own": ('[{"a": true, "b": [false, null]}]', [{"a": True, "b": [False, None]}]),
    "texts": ("""['a' "b" r'\\d', '''x\ny''']""", ["ab\\d", "x\ny"]),
    "shown": ("ncco = [1]\nncco", [1]),
    "the last list": ("one = [1]\ntwo = [2]\nurl = 'x'", [2]),
    "beside other things": ("import os\napp = Flask(__name__)\nncco = [1]\nother = [2]\ndef f(): return []", [1]),
    "moved in": ("    ncco = [\n        1,\n    ]", [1]),
    "byte order mark": ("\ufeffncco = [1]", [1]),
    "mistakes": ('[{"text": 5}, 7, {}]', [{"text": 5}, 7, {}]),
    "odd escapes": ("['\\d']", ["\\d"]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "made"), READ.values(), ids=READ.keys())
def test_what_is_read(source: str, made: Any) -> None:
    assert from_python(source) == made


# source, line, column, words of the message, words of the cure
REFUSED: dict[str, tuple[str, int, int, str, str]] = {
    "call": ("import os\nncco = [\n    os.system('ls')]", 3, 5, "os.system('ls') is not a plain value", "value itself"),
    "method": ("ncco = [1]\nncco.append(2)", 2, 1, "ncco.append(2) is not a list", "in brackets"),
    "a model": ("[Talk(text='Hi')]", 1, 2, "Talk(text='Hi') is not a plain value", "value itself"),
    "f-string": ("[f'{x}']", 1, 2, "not a plain value", "{{name}}"),
    "a name": ("['é', x]", 1, 7, "x is not a plain value", "value itself"),
    "not a number": ("[NaN]", 1, 2, "NaN is not a plain value", "value itself"),
    "too large": ("[1e999]", 1, 2, "not a plain value", "value itself"),
    "too long": (f"[{'1' * 5000}]", 1, 1, "exceeds the limit", "ordinary"),
    "complex": ("[1j]", 1, 2, "1j is not a plain value", "value itself"),
    "bytes": ("[b'x']", 1, 2, "b'x' is not a plain value", "value itself"),
    "dots": ("[...]", 1, 2, "not a plain value", "value itself"),
    "placeholder": ("[{'text': {{name}}}]", 1, 11, "not a plain value", '"{{name}}"'),
    "number as name": ("[{1: 2}]", 1, 2, "a name that is not a text", "Write it like"),
    "sum of lists": ("ncco = [1]\nncco = ncco + [2]", 2, 8, "ncco + [2] is not a list", "in brackets"),
    "star": ("[*'ab']", 1, 2, "not a plain value", "value itself"),
    "two stars": ("[{'a': 1, **x}]", 1, 2, "a name that is not", "Write it like"),
    "loop": ("ncco = [1]\nfor x in ncco:\n    pass", 2, 1, "Only imports, values", "without this line"),
    "augmented": ("ncco = [1]\nncco += [2]", 2, 1, "Only imports, values", "without this line"),
    "single action": ("Talk(text='Hi')", 1, 1, "is not a list", "[ … ]"),
    "single value": ("ncco = 5", 1, 8, "5 is not a list", "[ … ]"),
    "not closed": ("ncco = [1,\n  [2]", 1, 8, "never closed", "closes it"),
    "quote": ("ncco = ['a]", 1, 9, "unterminated", "quote that closes"),
    "comma": ("ncco = [{'a': 1}\n  {'b': 2}]", 1, 9, "not Python", "comma that is missing"),
    "wrong bracket": ("[1}", 1, 3, "does not match", "in pairs"),
    "curly quotes": ("[“a”]", 1, 2, "invalid character", "straight double quotes"),
    "nothing": (" \n", 0, 0, "empty", "ncco = ["),
    "no list": ("import os\nx = 1", 0, 0, "no list", "ncco = ["),
    "half character": ("['\ud800']", 0, 0, "no text can hold", "out"),
    "deep": ("[" * 5000, 0, 0, "nested too deeply", "five levels"),
    "deep values": ("[" * 150 + "-" * 5000 + "1", 0, 0, "nested too deeply", "five levels"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "line", "column", "said", "cure"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(source: str, line: int, column: int, said: str, cure: str) -> None:
    with pytest.raises(PythonError) as refused:
        from_python(source)
    assert (refused.value.line, refused.value.column) == (line, column)
    [problem] = refused.value.problems
    assert problem.severity == "error" and problem.rule and problem.why
    assert said in problem.message and cure in problem.cure
    assert (f"Line {line}, column {column}: " in problem.message) is bool(line)


def test_nothing_is_executed(tmp_path: Any) -> None:
    trap = tmp_path / "sprung"
    for call in (f"open({str(trap)!r}, 'w')", f"__import__('pathlib').Path({str(trap)!r}).touch()"):
        for source in (call, f"x = {call}\nncco = [1]", f"[{call}]", f"[Talk(text={call})]", f"[f'{{{call}}}']",
                       f"[x for x in [{call}]]", f"import os; {call}\nncco = [1]", f"ncco = Ncco({call})"):  # fmt: skip
            try:
                from_python(source)
            except PythonError:
                continue
    assert not trap.exists()


BIG = {
    "5 MB": "x" * 5_000_000,
    "many numbers": "[" + "1," * 200_000 + "]",
    "many brackets": "{" * 900_000,
    "many sums": "'a'+" * 200_000 + "'a'",
    "many signs": "-~" * 300_000 + "1",
    "many dots": "a." * 300_000 + "b",
    "many calls": "a" + "()" * 300_000,
}


@pytest.mark.hostile
@pytest.mark.parametrize("source", BIG.values(), ids=BIG.keys())
def test_a_large_text_is_read_or_refused_soon(source: str) -> None:
    try:
        assert len(soon(lambda: from_python(source))) == 200_000
    except PythonError as refused:
        assert refused.problems[0].rule in ("too-large", "too-deep", "not-json")

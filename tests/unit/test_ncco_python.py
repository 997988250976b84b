"""An NCCO as Python source, and Python source read back without running it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from typing import Any

import pytest

from helpers.ncco import NccoError, from_python, parse, to_python
from helpers.ncco.texts.python_reader import MODELS, PythonError

from .test_ncco_models import FULL

NASTY = [
    {"action": "talk", "text": "It's \"5 o'clock\" & $HOME `id` \\ é\nline\t\u202e\x07 😀 {{name}}"},
    {"action": "connect", "endpoint": [{"type": "websocket", "uri": "ws://x", "content-type": "audio/l16;rate=8000"}],
     "from": "447700900000"},
]  # fmt: skip
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


@pytest.mark.parametrize("data", [FULL, NASTY[1:]], ids=["full", "nasty"])
def test_the_model_form_makes_the_same_ncco(data: list[Any]) -> None:
    source = to_python(data, models=True)
    assert executed(source).to_list() == parse(data).to_list()
    assert from_python(source) == parse(data).to_list()


@pytest.mark.parametrize("models", [False, True])
def test_the_source_is_a_program_of_its_own(models: bool) -> None:
    program = (
        to_python(FULL, models=models) + "\nimport json\nprint(json.dumps(list(ncco), default=lambda m: m.to_dict()))"
    )
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
    assert to_python(ncco, models=True) == (
        "from helpers.ncco import Input, Ncco, Stream\n\n"
        "ncco = Ncco([\n"
        '    Stream(streamUrl=["https://example.com/audio/music.mp3"], loop=2),\n'
        "    Input(\n"
        '        type=["dtmf"],\n'
        '        dtmf={"maxDigits": 1, "submitOnHash": True},\n'
        '        eventUrl=["https://example.com/event"],\n'
        "    ),\n"
        "])\n"
    )


def test_python_spells_from_its_own_way() -> None:
    source = to_python(
        [{"action": "connect", "from": "447700900000", "endpoint": [{"type": "app", "user": "jamie"}]}], models=True
    )
    assert 'Connect(from_="447700900000", endpoint=[{"type": "app", "user": "jamie"}])' in source


@pytest.mark.parametrize("name", ["xNew", "x-new", "class", "self", "é", "ﬁ", "x y", "", "_x", "to_dict", "given"])
@pytest.mark.parametrize("value", [1, None, [None, {"deep": [{}]}], {"from": 1}])
def test_options_that_nobody_knows_survive(name: str, value: Any) -> None:
    ncco = [{"action": "stream", "streamUrl": URLS, name: value},
            {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, name: value}}]  # fmt: skip
    for models in (False, True):
        source = to_python(ncco, models=models)
        assert parse(executed(source)).to_list() == ncco
        assert from_python(source) == ncco


def test_a_strange_name_goes_into_a_dict() -> None:
    source = to_python([{"action": "stream", "streamUrl": URLS, "x-new": 1, "xNew": 2}], models=True)
    assert f'Stream(streamUrl={json.dumps(URLS)}, **{{"x-new": 1}}, xNew=2)' in source


def test_no_character_can_change_what_the_source_seems_to_be() -> None:
    source = to_python([{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}])
    assert source.isascii() and source.count("\n") == 3
    assert executed(source) == from_python(source) == [{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}]


def test_json_text_and_models_are_taken_too() -> None:
    ncco = [{"action": "wait", "timeout": 2}]
    assert to_python(json.dumps(ncco)) == to_python(parse(ncco)) == to_python(list(parse(ncco))) == to_python(ncco)


def test_what_is_no_ncco_is_refused() -> None:
    for wrong in ("[", {"action": "talk"}, None, 5):
        with pytest.raises(NccoError):
            to_python(wrong)
    with pytest.raises(NccoError):
        to_python([{"action": "talk"}], models=True)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NccoError, match="nested too deeply"):
        to_python(deep)


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
    "texts": ("""['a' "b" + 'c' + r'\\d', f'plain', '''x\ny''']""", ["abc\\d", "plain", "x\ny"]),
    "lists": ("a = [1]\nncco = a + [2] + [*a, *(3,)]", [1, 2, 1, 3]),
    "names": ('URL = "https://example.com/"\nncco = [{"eventUrl": [URL + "event"]}]',
              [{"eventUrl": ["https://example.com/event"]}]),
    "later value": ("x = 1\na = [x]\nx = 2\nncco = [*a, x]", [1, 2]),
    "grows": ("ncco = [1]\nncco = ncco + [2]", [1, 2]),
    "spread": ('base = {"language": "en-GB"}\nncco = [{"action": "talk", **base}]',
               [{"action": "talk", "language": "en-GB"}]),
    "dict()": ('[dict(action="talk", text="Hi")]', [{"action": "talk", "text": "Hi"}]),
    "shown": ("ncco = [1]\nncco", [1]),
    "the last list": ("one = [1]\ntwo = [2]\nurl = 'x'", [2]),
    "beside other things": ("app = Flask(__name__)\nncco = [1]\nother = [2]", [1]),
    "moved in": ("    ncco = [\n        1,\n    ]", [1]),
    "byte order mark": ("\ufeffncco = [1]", [1]),
    "models": ('from helpers.ncco import Ncco, Talk, Wait\nncco = Ncco([Talk(text="Hi", level=0.5), Wait()])',
               [{"action": "talk", "text": "Hi", "level": 0.5}, {"action": "wait"}]),
    "models of a module": ("from helpers import ncco\n[ncco.Wait(timeout=1), helpers.ncco.Wait(timeout=2)]",
                           [{"action": "wait", "timeout": 1}, {"action": "wait", "timeout": 2}]),
    "models renamed": ("from helpers.ncco import Wait as Pause\n[Pause(timeout=1)]",
                       [{"action": "wait", "timeout": 1}]),
    "parts": ('[Connect(from_="1", endpoint=[WebsocketEndpoint(uri="u", contentType="c")], limit=None)]',
              [{"action": "connect", "from": "1",
                "endpoint": [{"type": "websocket", "uri": "u", "content-type": "c"}]}]),
    "more parts": ("[Input(type=['dtmf'], dtmf=Dtmf(maxDigits=1))]",
                   [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}]),
    "unknown options": ("[Wait(xNew=1, **{'x-new': None, 'y': 2})]", [{"action": "wait", "xNew": 1, "y": 2}]),
    "actions by name": ("Ncco(actions=[Wait()])", [{"action": "wait"}]),
    "parse": ("""parse('[{"action": "wait"}]')""", [{"action": "wait"}]),
    "models and dicts": ('[Wait(), {"action": "wait"}]', [{"action": "wait"}, {"action": "wait"}]),
    "mistakes": ("[Talk(text=5), 7, {}]", [{"action": "talk", "text": 5}, 7, {}]),
    "odd escapes": ("['\\d']", ["\\d"]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "made"), READ.values(), ids=READ.keys())
def test_what_is_read(source: str, made: Any) -> None:
    assert from_python(source) == made


def test_every_model_can_be_called_by_its_name() -> None:
    for name, model in MODELS.items():
        [made] = from_python(f"[{name}(x_new=[1])]")
        tags = {tag: model.model_fields[tag].default for tag in ("action", "type") if tag in model.model_fields}
        assert made == {**{tag: value for tag, value in tags.items() if isinstance(value, str)}, "x_new": [1]}


# source, line, column, words of the message, words of the cure
REFUSED: dict[str, tuple[str, int, int, str, str]] = {
    "call": ("import os\nncco = [\n    os.system('ls')]", 3, 5, "os.system(…) would have", "value itself"),
    "method": ("ncco = [1]\nncco.append(2)", 2, 1, "ncco.append(…) would have", "value itself"),
    "almost a model": ("[Strem(level=1)]", 1, 2, "no action Strem", "Did you mean Stream?"),
    "positions": ("[Talk('Hi')]", 1, 2, "by their names", "Talk(name="),
    "twice": ("[Talk(text='a', text='b')]", 1, 22, "text stands twice", "once"),
    "f-string": ("[f'{x}']", 1, 2, "f-string", "{{name}}"),
    "unknown name": ("é = 1\n['é', x]", 2, 7, "what x is", 'or "x"'),
    "unusable value": ("x = os.environ['A']\nncco = [x]", 1, 5, "os.environ['A'] is not a plain value", "value itself"),
    "not a number": ("[NaN]", 1, 2, "NaN is no number", "ordinary"),
    "too large": ("[1e999]", 1, 2, "too large", "ordinary"),
    "too long": (f"[{'1' * 5000}]", 1, 1, "too long", "ordinary"),
    "complex": ("[1j]", 1, 2, "1j is no number", "ordinary"),
    "bytes": ("[b'x']", 1, 2, "Bytes", "without the b"),
    "dots": ("[...]", 1, 2, "Three dots", "value itself"),
    "set": ("[{1, 2}]", 1, 2, "values without names", '"name": value'),
    "placeholder": ("[{'text': {{name}}}]", 1, 11, "values without names", '"{{name}}"'),
    "number as name": ("[{1: 2}]", 1, 3, "names are text", 'Write "1"'),
    "sum of numbers": ("[1 + 2]", 1, 2, "Only texts and lists", "result"),
    "product": ("['x' * 3]", 1, 2, "'x' * 3 is not a plain value", "value itself"),
    "comprehension": ("[x for x in []]", 1, 1, "not a plain value", "value itself"),
    "star": ("[*'ab']", 1, 2, "no list", "actions"),
    "two stars": ("[{**[1]}]", 1, 5, "no dict", "**{"),
    "loop": ("ncco = [1]\nfor x in ncco:\n    pass", 2, 1, "Only imports, values", "without this line"),
    "augmented": ("ncco = [1]\nncco += [2]", 2, 1, "Only imports, values", "without this line"),
    "single action": ("Talk(text='Hi')", 1, 1, "a single action", "[ … ]"),
    "single value": ("ncco = 5", 1, 8, "a single value", "Write a list"),
    "broken JSON inside": ("parse('[1,')", 1, 7, "not JSON", "missing"),
    "not closed": ("ncco = [1,\n  [2]", 1, 8, "never closed", "closes it"),
    "quote": ("ncco = ['a]", 1, 9, "unterminated", "quote that closes"),
    "comma": ("ncco = [{'a': 1}\n  {'b': 2}]", 1, 9, "not Python", "comma that is missing"),
    "wrong bracket": ("[1}", 1, 3, "does not match", "in pairs"),
    "curly quotes": ("[“a”]", 1, 2, "invalid character", "straight double quotes"),
    "moved in": ("    ncco = [\n        x,\n    ]", 2, 9, "what x is", "value itself"),
    "nothing": (" \n", 0, 0, "empty", "ncco = ["),
    "no list": ("import os\nx = 1", 0, 0, "no list", "ncco = ["),
    "half character": ("['\ud800']", 0, 0, "half of a character", "itself"),
    "deep": ("[" * 150 + "]" * 150, 1, 101, "nested too deeply", "five levels"),
    "too deep for Python": ("[" * 5000, 0, 0, "nested too deeply", "five levels"),
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
        for source in (call, f"x = {call}\nncco = [1]", f"[{call}]", f"[Talk(text={call})]", f"[f'{{{call}}}']"):
            try:
                from_python(source)
            except PythonError:
                continue
    assert not trap.exists()


BIG = {
    "5 MB": "x" * 5_000_000,
    "many numbers": "[" + "1," * 400_000 + "]",
    "many brackets": "{" * 900_000,
    "many sums": "'a'+" * 200_000 + "'a'",
    "many signs": "-~" * 300_000 + "1",
    "many dots": "a." * 300_000 + "b",
    "many calls": "a" + "()" * 300_000,
    "doubled": "a = ['x']\n" + "a = a + a\n" * 60,
    "doubled inside": "a = ['x']\n" + "a = [a, a]\n" * 60,
    "doubled text": "a = 'xxxxxxxx'\n" + "a = a + a\n" * 60 + "[a]",
    "doubled names": "a = {'a': 1}\n" + "a = {'a': a, 'b': a}\n" * 60 + "[a]",
}


@pytest.mark.parametrize("source", BIG.values(), ids=BIG.keys())
def test_a_large_text_is_read_or_refused_soon(source: str) -> None:
    begin = time.process_time()
    try:
        assert len(from_python(source)) == 400_000
    except PythonError as refused:
        assert refused.problems[0].rule in ("too-large", "too-deep", "not-json")
    assert time.process_time() - begin < 10


def test_the_models_of_the_list_form_are_known_to_a_python_reader() -> None:
    tree = ast.parse(to_python(FULL, models=True))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names}
    assert imported - {"Ncco"} <= set(MODELS)

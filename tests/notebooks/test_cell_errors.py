"""What a beginner's cell runs into is answered in words: no first cell, a restart, a server that has stopped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
import requests
from jupyter_client.manager import start_new_kernel

from helpers.base.cell_errors import sentence
from helpers.base.errors import KitError
from helpers.server import BackgroundServer
from helpers.settings import Settings
from helpers.vonage import Vonage
from lab import HINTS
from tests.notebooks.lesson_env import CELL_TIMEOUT, lesson_environment

Run = Callable[[str], str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a cell in a kernel as `make lab` starts it, with nothing of the kit imported: what it prints as an error."""
    world = lesson_environment(tmp_path_factory.mktemp("kernel"))
    manager, client = start_new_kernel(kernel_name="python3", env=world, stderr=subprocess.DEVNULL)

    def said(source: str) -> str:
        printed: list[str] = []
        client.execute_interactive(
            source, timeout=CELL_TIMEOUT, output_hook=lambda m: printed.append(str(m["content"])), stop_on_error=False
        )
        return "\n".join(printed)

    said(HINTS)
    yield said
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.context.destroy(linger=0)


def test_a_name_of_the_first_cell_says_to_run_it(run: Run) -> None:
    said = run("kit.ready()")
    assert "NameError" in said and "kit comes from the first code cell: run that one first" in said


def test_a_name_that_some_lessons_import_in_the_middle_says_how(run: Run) -> None:
    assert "from helpers.exercises import exercise" in run('exercise("06-1")')


def test_another_name_says_where_it_may_come_from(run: Run) -> None:
    assert "Is YOUR_URL spelt as above?" in run("print(YOUR_URL)")


def test_a_request_to_a_stopped_server_ends_in_one_sentence(run: Run) -> None:
    said = run("import requests; requests.get('http://127.0.0.1:9/hello?name=Ada', timeout=5)")
    assert "Nothing listens at http://127.0.0.1:9/hello: the server that did has stopped" in said
    assert "urllib3" not in said


def test_a_function_of_the_kit_that_is_given_too_much_says_how_it_is_written(run: Run) -> None:
    said = run("from helpers.server import create_app; create_app(print)")
    assert "takes 0 positional arguments" in said and "Write create_app(answer=…, audio=…, on_event=…)" in said


def test_a_cell_that_would_run_forever_says_so_first(run: Run) -> None:
    app = "from flask import Flask\nhello = Flask('hello')\nFlask.run = lambda self: print('serving')\n"
    said = run(f"{app}if __name__ == '__main__':\n    hello.run()")
    assert "hello.run() does not end" in said and "kit.serve(hello)" in said
    assert said.index("does not end") < said.rindex("serving")
    assert "does not end" in run("hello.run()")
    file = "%%writefile /dev/null\nhello.run()"
    for harmless in ("hello", "def later():\n    hello.run()", "print('hello.run()')", file):
        assert "does not end" not in run(harmless)


SENTENCES: list[tuple[BaseException, str]] = [
    (NameError("name 'kit' is not defined", name="kit"), "→ kit comes from the first code cell: run that one first."),
    (NameError("name 'sweep' is not defined", name="sweep"), "from helpers.rehearsal import sweep"),
    (NameError("name 'YOUR_URL' is not defined", name="YOUR_URL"), "→ Is YOUR_URL spelt as above? A string"),
    (ImportError("cannot import name 'setpu' from 'helpers'"), "→ Did you mean setup?"),
    (ModuleNotFoundError("No module named 'requets'", name="requets"), "→ Did you mean requests?"),
    (KitError("It has said all.", "And what to do."), ""),
]


@pytest.mark.parametrize(("error", "said"), SENTENCES, ids=[type(one).__name__ for one, _ in SENTENCES])
def test_what_is_said_of_an_error(error: BaseException, said: str) -> None:
    assert said in sentence(error)
    assert bool(sentence(error)) is bool(said)


def test_a_request_to_nobody_ends_in_two_lines() -> None:
    error = requests.ConnectionError(request=requests.Request("GET", "https://example.com/").prepare())
    assert sentence(error).startswith("Nothing answers at https://example.com/.\n→ Is the address right?")
    assert sentence(FileNotFoundError("x")) == ""


def test_of_what_went_wrong_in_a_library_the_readers_own_line_is_shown(run: Run) -> None:
    said = run("import requests; requests.get('http://127.0.0.1:9/', timeout='10')")
    assert "must be an int, float or None" in said and "urllib3" not in said


def test_a_function_of_the_readers_own_keeps_its_name(run: Run) -> None:
    run("from helpers.base import e164 as kits\ndef e164(sound, times): pass")
    assert "Write e164" not in run("e164()")


def test_an_error_of_the_kit_has_the_last_word(run: Run) -> None:
    said = run("from helpers.base import e164; e164('07700 900123', 'UK')")
    assert "Write its two letters" in said and "cannot work with" not in said


@pytest.mark.parametrize(
    ("slip", "advice"),
    [
        ("{}['price']", "There is no 'price' in it"),
        ("'1.00' + 1", "One of the two is a string"),
        ("'61' > 60", "One of the two is a string"),
        ("print().status_code", "What comes before .status_code is None"),
        ("(lambda app: app)()", "Something is missing between the brackets of this call: 'app'"),
        ("requests.get('127.0.0.1:5000/hello')", "An address begins with http://"),
        (
            "(app := Flask('a')).route('/a', endpoint='f')(len); app.route('/b', endpoint='f')(max)",
            "Give the second one",
        ),
        ("app.test_client().get('/'); app.route('/c')(len)", "An app that has answered takes no new routes"),
        ("app.route('/x', method='POST')(len)", "knows no option method"),
        ("app()", "Hand over the app itself"),
        ("app.rote('/x')", "Did you mean route?"),
        ("from helpers import setpu", "Did you mean setup?"),
        ("print(request)", "Did you mean requests?"),
        ("dict(from=1)", "from is a Python keyword"),
        ("{'text': 'Hello' 'language': 'en-GB'}", "a comma missing before 'language'"),
        ("{}.status", '["status"], not .status'),
        ("[]['status']", "This is a list"),
        ("[][9]", "There are not so many"),
        ("sorted([{}, {}])", "Say what to sort by"),
        ("'str'()", "Only a function can be called, and this is str"),
        ("print['a']", "A function is called with brackets"),
        ("requests.Response()['a']", "its content is .json()"),
        ("'../audio' / 'music.mp3'", "A folder and a name are joined"),
        ("open('nothing.mp3')", "There is no nothing.mp3"),
        ("requests.get('http://127.0.0.1:9hello')", "a slash missing"),
        ("__import__('json').loads('x')", "This is not JSON"),
        ("__import__('json').dumps(app)", "Flask is none"),
        ("__import__('flask').request.args", "works only inside a route"),
        ("__import__('jwt').encode({}, 'secret', algorithm='RS256')", "signed with the private key"),
        ("(lambda: 1)(2)", "There is too much"),
        ("dict(**{'to': 1}, to=2)", "to is given twice"),
    ],
)
def test_a_slip_of_every_lesson_is_followed_by_what_to_do(run: Run, slip: str, advice: str) -> None:
    source = f"import requests\nfrom flask import Flask\napp = Flask('a')\n{slip}"
    assert advice in run(source.replace("\n(app :=", "\nbegun = (app :="))


def test_arguments_in_the_wrong_order_are_seen_by_the_shape_of_the_id() -> None:
    uuid = "0b0a6f6e-2f4c-4f0a-9d55-5c2f3c1b8a11"
    vonage = Vonage(Settings())
    for wrong in (
        lambda: vonage.talk("Hello", uuid),
        lambda: vonage.stream("https://example.com/a.mp3", uuid),
        lambda: vonage.dtmf("12", uuid),
        lambda: vonage.modify_call("mute", uuid),
    ):
        with pytest.raises(KitError, match="The id of the call comes first; here it is second"):
            wrong()


def test_a_function_of_python_is_not_served() -> None:
    with pytest.raises(KitError, match="print is a function of Python, not a web app"):
        BackgroundServer().handle(print)  # type: ignore[arg-type]

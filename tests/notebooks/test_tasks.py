"""Tasks and steps, but for 09: what nobody has tried, what is wrong and what was copied is never right; what is right,
is right three times in one kernel.
"""

from __future__ import annotations

import ast
import base64
import builtins
import copy
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import flask
import jwt
import nbformat
import pytest
import requests

import helpers
from helpers.base import e164
from helpers.call import Call
from helpers.exercises import Mark, exercise, progress
from helpers.exercises.judging import LessonTask
from helpers.exercises.lesson_tasks import LESSON_TASKS, STEPS
from helpers.server import create_app
from helpers.simulator.account.applications import new_key_pair
from helpers.views import telephone_ear
from tests.conftest import leaving_nothing
from tests.notebooks.lesson_env import lessons
from tests.notebooks.task_cells import TaskCells, all_tasks
from tests.notebooks.wrong_answers import WRONG
from tests.notebooks.wrong_steps import BEFORE, WRONG_STEPS

pytestmark = pytest.mark.slow
TASKS = {task.name: task for task in all_tasks()}
NAMES = list(TASKS)
EVERY_WRONG = WRONG | WRONG_STEPS
Names = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """One kit serves all of these tests, and its network keeps its threads until it stops."""
    with leaving_nothing("the tasks"):
        yield


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Names]]:
    """A running kit, and what the names of a lesson are there: anew for each attempt, as after *Run All*."""
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "env").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("VOICE_MODE", "SIMULATOR_URL", "SIMULATOR_PACE", "PUBLIC_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("KIT_DOTENV", str(folder / "env"))
        patch.setenv("SIMULATOR_STATE", str(folder / "account.json"))
        patch.setenv("SIMULATOR_SEED", "1")
        # Whose key a token was made with is judged: here two applications never have the same one.
        patch.setattr("helpers.simulator.routes.account.new_key_pair", new_key_pair)
        kit = helpers.setup()
        kit.ready()
        kit.serve(create_app())
        url = kit.tunnel.on()
        _link(kit, url)

        def names() -> Names:
            kit.network.reset()  # a wrong answer may leave a call that goes on
            kit.serve(create_app())
            return _names(kit, url)

        yield names
        kit.stop()


def _link(kit: Any, url: str) -> None:
    """As lesson 06 does it."""
    kit.vonage.update_number("GB", kit.number, app_id=kit.settings.application_id)
    application = kit.vonage.get_application(kit.settings.application_id)
    hooks = application["capabilities"]["voice"]["webhooks"]
    hooks["answer_url"].update(address=f"{url}/answer")
    hooks["event_url"].update(address=f"{url}/event")
    kit.vonage.replace_application(application["id"], application)


def _names(kit: Any, url: str) -> Names:
    """What a reader has at hand, and three short words for what the wrong answers do often."""
    api = kit.settings.api_url

    def call(*ncco: dict[str, Any], to: str = kit.my_number, status: str = "completed", **more: Any) -> Any:
        how = more if "answer_url" in more else {"ncco": list(ncco), **more}
        return kit.wait_for(kit.vonage.create_call(to=to, from_=kit.number, **how), status)

    def place(ncco: list[dict[str, Any]]) -> Any:
        return kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=f"{url}/event")

    other = {"type": "phone", "number": "447700900002"}

    def say(text: str, **more: Any) -> dict[str, Any]:
        return {"action": "talk", "text": text, **more}

    def sound(file: str, **more: Any) -> dict[str, Any]:
        return {"action": "stream", "streamUrl": [f"{url}/audio/{file}"], **more}

    return {
        **{name: getattr(flask, name) for name in ("Flask", "Response", "jsonify", "request")},
        "kit": kit,
        "YOUR_URL": url,
        "requests": requests,
        "create_app": create_app,
        "exercise": exercise,
        "time": time,
        "json": json,
        "uuid": uuid,
        "jwt": jwt,
        "base64": base64,
        "e164": e164,
        "Path": Path,
        "telephone_ear": telephone_ear,
        "AUDIO": kit.settings.audio,
        "NUMBERS": kit.settings.rest_url,
        "APPLICATIONS": f"{api}/v2/applications",
        **dict.fromkeys(("AUTH", "LOGIN"), (kit.settings.api_key, kit.settings.api_secret)),
        "PARKED": [{"action": "wait", "timeout": 120}],
        "MUSIC": f"{url}/audio/music.mp3",
        "OTHER": other["number"],
        "CONNECT": [{"action": "connect", "from": kit.number, "endpoint": [other]}],
        "place": place,
        "call": call,
        "say": say,
        "sound": sound,
        **_of_the_hotline(),
    }


@cache
def _of_the_hotline() -> Names:
    """What lesson 11 has at hand when its tasks come: a menu, and the function that reads events."""
    names: Names = {}
    for cell in nbformat.read(lessons()[-1], as_version=4).cells:
        if cell.source.startswith(("WORDS = ", "def wish")):
            exec(cell.source, names)
    return names


def _names_in_class(kit: Any) -> Names:
    """What a reader of lesson 10 has at hand: three classmates who are free, an application that knows a server."""
    classroom = kit.join(name="Ada")
    classroom.network.reset()
    classroom.ready()
    vonage, url = classroom.vonage, classroom.url
    application = vonage.get_application(vonage.settings.application_id)
    hooks = {"answer_url": {"address": f"{url}/answer"}, "event_url": {"address": f"{url}/event"}}
    application["capabilities"]["voice"]["webhooks"] = hooks
    vonage.replace_application(application["id"], application)
    ben, chloe, dan = (classroom.neighbour(name).answers() for name in ("Ben", "Chloe", "Dan"))

    def ring(to: str) -> list[dict[str, Any]]:
        endpoint = [{"type": "phone", "number": to}]
        synchronous = {"eventType": "synchronous", "eventUrl": [f"{url}/event"]}
        return [{"action": "connect", "from": classroom.number, "endpoint": endpoint, "timeout": 15, **synchronous}]

    def room(phone: Any, *ncco: dict[str, Any], keys: str = "", on_event: Any = None) -> str:
        """A call to your number, of some seconds."""
        kit.serve(create_app(answer=list(ncco), on_event=on_event))
        uuid = str(phone.dial(classroom.number))
        classroom.wait(6)
        if keys:
            phone.press(keys)
            classroom.wait(4)
        if classroom.call(uuid).ended_at is None:
            phone.hang_up()
        classroom.wait_for(uuid)
        return uuid

    menu = {"action": "talk", "text": "Press 1 or 2.", "bargeIn": True}
    record = {"action": "record", "beepStart": True, "endOnKey": "#"}
    tape = [{"action": "talk", "text": "Speak."}, record, {"action": "talk", "text": "Thank you."}]
    return {
        "classroom": classroom,
        "vonage": vonage,
        "ben": ben,
        "chloe": chloe,
        "dan": dan,
        "room": room,
        "BEN": "Ben",
        "CHLOE": "Chloe",
        "DAN": "Dan",
        "NOT_REACHED": ("busy", "timeout", "rejected"),
        "TEAM": [classroom.member(name).phone for name in ("Ben", "Chloe")],
        "LEAVE_A_MESSAGE": tape,
        "TAPE": tape,
        "DESK": [menu, {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 5}}],
        "ring": ring,
        "RING": lambda name: ring(classroom.member(name).phone),
        "CONNECT_TO_BENS_NUMBER": ring(classroom.member("Ben").numbers[0]),
    }


def attempt(task: TaskCells, names: Names, code: str | None, marking: str = "") -> Mark:
    """The starter cell with ``code`` in place of the dots, and the mark of it."""
    if task.name.startswith("10-") and "classroom" not in names:
        names |= _names_in_class(names["kit"])
    exec(compile(BEFORE.get(task.name, ""), task.name, "exec"), names)
    start = task.starter.removesuffix(task.marking)
    exec(compile(start, task.name, "exec"), names)
    if code is not None:
        exec(compile(code, task.name, "exec"), names)
    mark = eval(marking or task.marking, names)
    assert isinstance(mark, Mark)
    return mark


def test_every_lesson_has_tasks_in_the_middle_and_one_at_its_end() -> None:
    assert [name for name in NAMES if name in LESSON_TASKS] == list(LESSON_TASKS)
    assert [name for name in NAMES if name in STEPS] == list(STEPS)
    for lesson in (*range(9), 10, 11):
        assert len([name for name in LESSON_TASKS if name.startswith(f"{lesson:02}-")]) in (3, 4)
    for lesson in range(12):
        assert len([name for name in STEPS if name.startswith(f"{lesson:02}-")]) in range(3, 9)


@pytest.mark.parametrize("file", lessons(), ids=lambda file: file.stem)
def test_a_solution_uses_names_that_its_lesson_has_by_then(file: Path) -> None:
    known = {*dir(builtins), "display"}
    for cell in nbformat.read(file, as_version=4).cells:
        if cell.cell_type == "code":
            known |= _made(ast.parse(cell.source))
            for task in (one for one in TASKS.values() if one.starter == cell.source):
                used = ast.parse(task.solution)
                wanted = {one.id for one in ast.walk(used) if isinstance(one, ast.Name)}
                assert wanted <= known | _made(used), task.name


def _made(tree: ast.AST) -> set[str]:
    """The names that are given a value there."""
    nodes = list(ast.walk(tree))
    names = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    names |= {one.asname or one.name for one in nodes if isinstance(one, ast.alias)}
    return (
        names
        | {one.arg for one in nodes if isinstance(one, ast.arg)}
        | {one.name for one in nodes if isinstance(one, ast.FunctionDef | ast.ExceptHandler) and one.name}
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_cell_attempts_nothing(lesson: Callable[[], Names], name: str) -> None:
    mark = attempt(TASKS[name], lesson(), None)
    assert (mark.state, mark.right) == ("not attempted", False)
    assert "three dots" in str(mark)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_are_not_right_and_say_what_is_missing(lesson: Callable[[], Names], name: str) -> None:
    assert len(EVERY_WRONG[name]) >= 4
    for code in EVERY_WRONG[name]:
        mark = attempt(TASKS[name], lesson(), code)
        assert mark.state == "not yet", code
        assert any(part.missing for part in mark.parts)
        assert "✗ not yet" in str(mark) and "Hint 1 of" in str(mark)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right_each_time(lesson: Callable[[], Names], name: str) -> None:
    for _ in range(2 if name in STEPS else 3):
        mark = attempt(TASKS[name], lesson(), TASKS[name].solution)
        assert mark.right, mark
        assert "Hint" not in str(mark)
    if name in STEPS:
        return
    place = [path.name[:2] for path in lessons()].index(name[:2]) + 1
    assert re.search(rf"Lesson {place} of \d+: [123] of 3 tasks done", str(progress(name[:2])))


def test_a_call_that_is_handed_over_is_heard_below_its_mark(lesson: Callable[[], Names]) -> None:
    for name, code in (
        ("00-a", TASKS["00-a"].solution),
        ("00-a", 'voice = place([say("Something else.")])'),
        ("10-b", TASKS["10-b"].solution),
        ("11-a", TASKS["11-a"].solution),
    ):
        mark = attempt(TASKS[name], lesson(), code)
        assert (mark.call or mark.rehearsal) and "<audio" in mark.view.bundle["text/html"]
        assert "<audio" not in str(mark)
    assert attempt(TASKS["00-d"], lesson(), "mended = 5").call is None


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_of_a_neighbour_is_not_right(lesson: Callable[[], Names], name: str) -> None:
    at = NAMES.index(name)
    for neighbour in {*NAMES[max(at - 1, 0) : at], *NAMES[at + 1 : at + 2]}:
        other = TASKS[neighbour]
        mark = attempt(other, lesson(), other.solution, other.marking.replace(neighbour, name))
        assert mark.state == "not yet", neighbour


@pytest.mark.parametrize("name", NAMES)
def test_a_copied_record_is_not_right(lesson: Callable[[], Names], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was right elsewhere, handed over here: a call of another network, an address, a token, an id."""
    where = STEPS if name in STEPS else LESSON_TASKS
    known = where[name]

    def judged_elsewhere(kit: Any, *answer: Any) -> Any:
        return known.judge(kit, *map(copied, answer))

    monkeypatch.setitem(where, name, LessonTask(known.wants, known.hints, judged_elsewhere))
    assert attempt(TASKS[name], lesson(), TASKS[name].solution).state == "not yet"


def test_a_number_in_quotes_is_right_as_the_api_takes_it_and_the_advice_is_told(lesson: Callable[[], Names]) -> None:
    mark = attempt(TASKS["07-1"], lesson(), 'soft = call(sound("jingle.mp3", loop="2", level="-0.5"))')
    assert mark.right
    assert "It is played softly. Advice: level is the text '-0.5'; it is read as the number -0.5." in str(mark)


def copied(answer: Any) -> Any:
    """The same, from elsewhere."""
    if isinstance(answer, Call):
        text, leg = json.dumps(answer.entries()), str(uuid.uuid4())
        return Call(json.loads(text.replace(answer.leg, leg)), uuid=leg)
    if isinstance(answer, requests.Response):
        reply = copy.copy(answer)
        reply.request = answer.request.copy()
        reply.request.url = copied(answer.request.url)
        return reply
    if callable(answer):
        return [{"action": "talk", "text": "Copied."}]
    if isinstance(answer, dict):  # an event, an offer, the reply to a verb
        return answer | dict.fromkeys(("uuid", "msisdn"), str(uuid.uuid4()))
    if isinstance(answer, list):
        return [copied(one) for one in answer]
    if isinstance(answer, int | float):
        return answer
    if not isinstance(answer, str):  # a builder, a call that was played
        return str(answer)
    if answer.startswith("http"):
        return re.sub(r":\d+", ":1", answer)
    if answer.startswith("ey"):  # a token, with another signature
        return answer[:-20] + answer[-20:][::-1]
    return answer if answer == "Ada" else "44770090" + "0599" if answer.isdigit() else f"{uuid.uuid4()}"

"""A class on the example hub: they ring each other, thirty begin at once, and nobody gets into another's server.

Not collected by itself, as it installs a hub first: ``make hub-test``. HUB_LEARNERS and HUB_LESSON change the load.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsers import PATIENCE as PAGE_PATIENCE
from tests.browser.browsers import launching
from tests.browser.lab import READY, NotebookPage, write_notebook
from tests.conftest import leaving_nothing
from tests.hub.hub import Hub, Learner

MISSING = [
    why for why, there in {
        "npm is missing: install Node.js 20 or newer": shutil.which("npm"),
        "only root starts servers for others": hasattr(os, "geteuid") and os.geteuid() == 0,
    }.items() if not there
]  # fmt: skip
pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING) or "all is there")
LEARNERS = int(os.environ.get("HUB_LEARNERS", "30"))
LESSON = os.environ.get("HUB_LESSON", "00-start-here")
JOIN = "from helpers import setup\nkit = setup()\nkit.join()"
PUT = """import os, requests
token = {{"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}}
file = {{"type": "file", "format": "text", "content": ""}}
print(requests.put("{}", headers=token, json=file).status_code)"""
RING = "ring.ipynb"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> None:
    """Not after each test: learners' servers stay until the hub ends."""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with leaving_nothing("the hub", browser=True):
        hub = Hub()
        try:
            hub.set_up()
            hub.start()
            yield hub
        finally:
            hub.stop()


def begun(hub: Hub, name: str) -> Iterator[Learner]:
    one = Learner(hub, name)
    one.begin()
    one.open("notebooks/00-start-here.ipynb")
    yield one
    one.close()


@pytest.fixture(scope="module")
def mallory(hub: Hub) -> Iterator[Learner]:
    yield from begun(hub, "mallory")


@pytest.fixture(scope="module")
def victim(hub: Hub) -> Iterator[Learner]:
    yield from begun(hub, "victim")


def test_who_signs_in_is_in_class(hub: Hub, victim: Learner) -> None:
    assert victim.run(JOIN)[1] == ""
    assert victim.run("print(kit.classroom.name)") == ("victim\n", "")
    assert (victim.home / "audio").is_dir(), "what a lesson makes is in the home folder"


def test_a_neighbour_reaches_neither_server_nor_files(hub: Hub, victim: Learner, mallory: Learner) -> None:
    serve = 'from flask import Flask\napp = Flask("x")\napp.post("/event")(lambda: "")\nkit.serve(app)'
    assert victim.run(f"{JOIN}\n{serve}")[1] == ""
    event = victim.run("print(kit.server.url)")[0].strip() + "/event"
    assert victim.run(f'import requests\nprint(requests.post("{event}").status_code)') == ("200\n", "")
    assert mallory.run(f'import requests\nprint(requests.post("{event}").status_code)') == ("403\n", "")
    for name, status in (("mallory", "201\n"), ("victim", "403\n")):
        file = f"{hub.url}/user/{name}/api/contents/x.txt"
        assert mallory.run(PUT.format(file)) == (status, "")
    assert mallory.run(f'import os\nprint(os.access("{victim.home}", os.X_OK))') == ("False\n", "")
    runtime = 'import os\nprint(oct(os.stat(os.environ["JUPYTER_RUNTIME_DIR"]).st_mode & 0o777))'
    assert victim.run(runtime) == ("0o700\n", "")


@pytest.mark.browser
def test_three_ring_each_other_in_their_browsers(hub: Hub, tmp_path: Path) -> None:
    with launching("chromium", tmp_path) as launch:
        browser = launch(True)
        try:
            pages = {name: sign_in(browser, hub, name) for name in ("ada", "ben", "carol")}
            for name, page in pages.items():
                page.run_cell(0, JOIN + "\nkit.classroom.phone.show()")
                expect(page.page.locator(".kit-phone")).to_be_visible()
                expect(page.page.locator(".jp-Dialog, .jp-toast-button")).to_have_count(0)  # no news box
                assert page.ask("print(kit.classroom.name)") == name
            for caller, called in (("ada", "ben"), ("ben", "carol"), ("carol", "ada")):
                ring(pages[caller], pages[called], called, tmp_path)
        finally:
            browser.close()


def sign_in(browser: Browser, hub: Hub, name: str) -> NotebookPage:
    """A learner's browser, from the login page to a notebook of their own."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PAGE_PATIENCE * 2)
    page.goto(f"{hub.url}/hub/login")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/user/{name}/lab/tree/notebooks/00-start-here.ipynb*")
    home = hub.folder / "homes" / name / "voice-call-notebooks"
    own = write_notebook(home / "notebooks" / RING, "", "")
    os.chown(own, home.stat().st_uid, home.stat().st_gid)
    page.wait_for_function(READY, arg="notebooks/00-start-here.ipynb")  # by itself; what follows comes in front of it
    where = SimpleNamespace(url=f"{hub.url}/user/{name}", token="", folder=home)
    return NotebookPage(page, where, f"notebooks/{RING}")  # type: ignore[arg-type]


def ring(caller: NotebookPage, called: NotebookPage, name: str, shots: Path) -> None:
    """One rings another, who answers with the mouse; both hear, and one hangs up."""
    caller.page.bring_to_front()
    assert caller.ask(f'call = kit.classroom.ring("{name}")') == ""
    called.page.bring_to_front()
    phone = called.page.locator(".kit-phone").first
    phone.get_by_role("button", name="Answer", exact=True).locator("visible=true").click()
    assert caller.ask('print(kit.classroom.wait_for(call, "answered").status)') == "answered"
    if where := os.environ.get("HUB_SHOTS"):
        called.page.screenshot(path=f"{where}/{name}.png")
    assert called.ask('kit.classroom.phone.play("greeting.mp3")') == ""
    caller.ask_until('print(kit.classroom.call(call).heard("greeting.mp3").match > 0.3)', "True")
    assert caller.ask("kit.classroom.phone.hang_up()") == ""
    assert caller.ask("print(kit.classroom.wait_for(call).status)") == "completed"


def test_a_whole_class_runs_a_lesson_at_once(hub: Hub) -> None:
    learners = [Learner(hub, f"learner{number:02}") for number in range(LEARNERS)]
    cpu, began = hub.cpu(), time.monotonic()
    with ThreadPoolExecutor(LEARNERS) as pool:
        list(pool.map(Learner.begin, learners))
        ready, ready_cpu = time.monotonic(), hub.cpu()
        wrong = [problem for found in pool.map(lambda one: one.run_all(LESSON), learners) for problem in found]
    done, done_cpu = time.monotonic(), hub.cpu()
    memory = statistics.mean(hub.megabytes(one.name) for one in learners)
    for one in learners:
        one.close()
    cores = len(os.sched_getaffinity(0))
    print(
        f"\n{LEARNERS} learners, {cores} cores: servers in {ready - began:.0f} s ({ready_cpu - cpu:.0f} s of CPU), "
        f"then {LESSON} in {done - ready:.0f} s ({done_cpu - ready_cpu:.0f} s of CPU); {memory:.0f} MB a learner; "
        f"wrong cells: {len(wrong)}"
    )
    assert wrong == []

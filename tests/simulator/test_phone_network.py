"""The phone network for everybody's tests: the network itself, and the plugin in the project of a stranger."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, jsonify

from helpers.line.control_plane import ControlPlaneError
from helpers.testing.network import PhoneNetwork, TestingError
from helpers.vonage import VonageError
from tests.simulator.standalone import PROJECT

EXAMPLE = PROJECT / "examples" / "menu"
HELLO = [{"action": "talk", "text": "Hello there."}]


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.add_url_rule("/answer", "answer", lambda: jsonify(HELLO))
    app.add_url_rule("/event", "event", lambda: ("", 204), methods=["POST"])
    app.add_url_rule("/broken", "broken", lambda: {}["no such key"])
    return app


def test_a_call_is_the_same_on_every_run(app: Flask) -> None:
    seen = []
    for _ in range(2):
        with PhoneNetwork() as network:
            network.serve(app)
            call = network.call()
            assert call.said("Hello there")
            assert [event["status"] for event in call.events] == ["ringing", "started", "answered", "completed"]
            seen.append((call.uuid, call.duration, network.settings.api_key, len(network.calls)))
    assert seen[0] == seen[1]
    assert seen[0][-1] == 1


def test_calls_that_the_program_places_and_what_goes_wrong(app: Flask) -> None:
    with PhoneNetwork(seed="another") as network:
        network.serve(app)
        network.phone("447700900003").busy()
        reply = network.vonage.create_call(to="447700900003", from_=network.number, ncco=HELLO)
        with pytest.raises(TestingError, match="never was answered: it went started, ringing, busy, completed"):
            network.wait_for(reply, "answered")
        assert network.wait_for(reply).status == "completed"
        assert "447700900003 heard:\n  not answered" in network.story()

        network.fault(low_balance={})
        with pytest.raises(VonageError, match="402"):
            network.vonage.create_call(to="447700900003", from_=network.number, ncco=HELLO)
        with pytest.raises(ControlPlaneError, match="no_such"):
            network.fault(no_such={})
        assert network.environment["VONAGE_API_URL"] == network.url
        assert network.environment["VONAGE_PRIVATE_KEY"].startswith("-----BEGIN PRIVATE KEY-----")


def test_the_test_may_go_on_in_the_middle_of_a_call_and_sees_what_the_app_raised(app: Flask) -> None:
    with PhoneNetwork() as network:
        assert network.story() == "There was no call."
        network.serve(app)
        call = network.call(until="answered")
        assert network.phone().hang_up() and network.wait_for(call).duration == 0
        network.serve(app, answer="/broken")
        network.call()
        assert "GET /broken raised KeyError: 'no such key'" in network.story()


# --- a stranger's project ---

BOTH = """
import sys
from pathlib import Path

import helpers
import pytest
import requests
import voice_call_kit


def test_both_packages_are_there(phone_network):
    assert helpers.BAKERY == "ours"
    assert phone_network.call({"do": "wait", "seconds": 1}, {"do": "hang_up"}).status == "completed"
    ours = [name for name in sys.modules if name.startswith("helpers.")]
    assert ours == [], "everything of the kit has the kit's own name"
    assert "jupyterlab" not in sys.modules and "IPython" not in sys.modules
    assert requests.get(phone_network.url, timeout=60).status_code == 404, "a proxy that is set is passed by"


@pytest.fixture
def call(phone_network):
    return phone_network.call({"do": "say", "text": "anybody there"})


def test_that_fails(call):
    assert call.said("good morning")


def test_whose_network_is_gone(phone_network):
    phone_network.__exit__()
    assert phone_network.calls


class TestTheirs:
    @pytest.fixture
    def phone_network(self):
        return "theirs"

    def test_a_fixture_of_the_same_name(self, phone_network):
        assert phone_network == "ours"
"""
# The last is what an editable install of the kit brings, under the checkout's name.
LEAN = [f"-pno:{name}" for name in ("nbval", "schemathesis", "cacheprovider", "helpers.testing.plugin")]


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """The example, in a project that has ``helpers`` of its own; beside it what pip makes of a wheel."""
    site, project = tmp_path / "site", tmp_path / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "helpers").mkdir()
    (project / "helpers" / "__init__.py").write_text('BAKERY = "ours"\n', "utf-8")
    (project / "test_both.py").write_text(BOTH, "utf-8")
    about = site / "voice_call_kit-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: voice-call-kit\nVersion: 0\n", "utf-8")
    plugin = "voice_call_kit.testing.plugin"
    (about / "entry_points.txt").write_text(f"[pytest11]\n{plugin} = {plugin}\n", "utf-8")
    (site / "voice_call_kit").symlink_to(PROJECT / "helpers")
    return project


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a symbolic link needs a right of its own there")
def test_the_plugin_works_beside_helpers_of_somebody_else(stranger: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(stranger.parent / "site"), "COLUMNS": "120",
                   "HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""}  # fmt: skip

    def run(*command: str) -> str:
        done = subprocess.run([*command, "-q", "-W", "error", *LEAN], cwd=stranger, env=environment,
                              capture_output=True, text=True, timeout=300)  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stdout

    said = run(str(Path(sys.executable).with_name("pytest")))
    tests = len(re.findall(r"^def test", (EXAMPLE / "test_menu.py").read_text("utf-8"), re.MULTILINE)) + 3
    assert re.search(rf"^3 failed, {tests + 1} passed", said, re.MULTILINE), said
    story = said.split("Phone network ---")[1]
    assert "dials 447700900500" in story, "the ladder"
    assert "What 447700900001 heard:\n  nothing was played" in story
    assert "There is nothing to show: The phone network at" in said
    assert said.count("Phone network ---") == 2
    assert "3 failed, 1 passed" in run(sys.executable, "-m", "pytest", "test_both.py")

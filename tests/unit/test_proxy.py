"""In a school with a proxy: what is meant for this machine passes it by, and consoles of any kind show what is said."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from helpers.server.server import BackgroundServer
from helpers.settings.proxy import pass_by
from tests.notebooks.school import NAMES, school


@pytest.fixture(autouse=True)
def no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A proxy that answers everything with a page of its own; what it was asked for."""
    with school() as here:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, here.environment[name])
        yield here.asked


def test_without_a_proxy_nothing_changes() -> None:
    before = dict(os.environ)
    assert pass_by() == ""
    assert dict(os.environ) == before


@pytest.mark.parametrize("named", ["", "school.example, .lan"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_requests_to_this_machine_pass_by_a_proxy(
    proxy: list[str], named: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", named)
    with BackgroundServer() as server:
        url = server.url.replace("127.0.0.1", host)
        assert requests.get(url, timeout=60).text.startswith("<html>Please"), "that is how it was"
        assert "proxy" in pass_by() and pass_by() == pass_by(), "twice is once"
        del proxy[:]
        if host != "127.0.0.2":  # the server listens on the other one
            assert requests.get(url, timeout=60).status_code == 503
        else:
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=60)
        assert proxy == []
        assert requests.get("http://vonage.example/", timeout=60).text.startswith("<html>"), "the others go through it"
    for name in ("no_proxy", "NO_PROXY"):
        assert os.environ[name].split(",")[:-4] == [one.strip() for one in named.split(",") if one]


def test_who_passes_by_it_altogether_is_left_alone(proxy: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    assert pass_by() == ""


def test_setup_says_so_in_one_line(proxy: list[str], tmp_path: str) -> None:
    code = "from helpers import setup; kit = setup(); kit.ready(); kit.stop()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "KIT_HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("There is a proxy: requests to this machine pass it by")
    assert proxy == []


@pytest.mark.parametrize("command", ["helpers.ncco stream", "helpers.ncco --rules", "helpers.check"])
def test_a_console_of_any_kind_shows_what_is_said(command: str) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-m", *command.split()], env=env, capture_output=True, text=True)
    assert "UnicodeEncodeError" not in done.stderr
    assert done.stdout

"""Which host is this machine: every place that used to have a rule of its own gives the same answer."""

from __future__ import annotations

import pytest

from helpers.base.hosts import host_of, is_here, is_private
from helpers.ncco import check
from helpers.node_red.addresses import _is_own_host
from helpers.rehearsal.requests import Sent
from helpers.settings.settings import REST_URL, Settings
from helpers.simulator.webhooks.reach import Reach

HERE = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "LocalHost", "calls.localhost", "localhost.", "[::1]"]
ELSEWHERE = ["example.com", "128.0.0.1", "localhost.example.com", "notlocalhost", "192.168.1.5", "[::2]"]


def place(url: str) -> str:
    return Sent(0.0, "answer", "GET", url, {}, {}, 200, "", False, "", "").place


@pytest.mark.parametrize("host", HERE)
def test_this_machine_by_all_its_names(host: str) -> None:
    url = f"http://{host}:9/answer"
    assert is_here(host) and is_here(host_of(url)) and is_private(host)
    assert Reach().allows(url)
    assert Settings(mode="live", api_url=url).rest_url == url
    assert place(url) == "your server, /answer"
    assert _is_own_host(f"{host}:9")
    found = check([{"action": "stream", "streamUrl": [url]}], live=True)
    assert [problem.rule for problem in found if problem.severity == "error"] == ["private-address"]


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_machines(host: str) -> None:
    url = f"http://{host}:9/answer"
    assert not is_here(host) and not is_here(host_of(url))
    assert not Reach().allows(url)
    assert Settings(mode="live", api_url=url).rest_url == REST_URL
    assert place(url) == url
    assert not _is_own_host(f"{host}:9")


@pytest.mark.parametrize("url", ["", "no address", "http://", "http://[::1", "http://a:0/"])
def test_an_address_without_a_host(url: str) -> None:
    assert host_of(url) == "" and not is_here(host_of(url))

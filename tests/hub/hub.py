"""The hub of a test: set up as docs/teaching/jupyterhub.md says, in a folder of its own; and its users, by script."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import requests
from websockets.sync.client import ClientConnection, connect

from classroom.bundle import copy_kit
from tests.notebooks.sanitising import PROJECT

PATIENCE = 300.0  # seconds for whatever thirty cold starts on a busy machine take
Json = dict[str, Any]


class Hub:
    """A kit, a hub and a proxy in one folder that every user can read. Nothing of it stays."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))
        self.log = self.folder / "hub.log"
        self.token, self.password, self.teacher = (secrets.token_hex(16) for _ in range(3))
        self.url = self.exchange = ""
        self._process: subprocess.Popen[bytes] | None = None

    def set_up(self) -> None:
        """Copy the kit, and install it with JupyterHub and its proxy."""
        self.folder.chmod(0o755)
        kit = self.folder / "kit"
        copy_kit(kit)
        for name in ("classroom", "tests/hub"):
            shutil.copytree(PROJECT / name, kit / name)
        run = {"check": True, "stdin": subprocess.DEVNULL, "cwd": kit}
        subprocess.run([sys.executable, "lab.py", "check"], env={**os.environ, "PYTHON": everybodys_python()}, **run)
        python = kit / ".venv/bin/python"
        subprocess.run([python, "-m", "pip", "install", "-qq", "-c", "requirements.lock", "jupyterhub"], **run)
        # Learners cannot write there, so without it each kernel would compile everything for itself.
        subprocess.run([python, "-m", "compileall", "-qq", "helpers", ".venv/lib"], **{**run, "check": False})
        subprocess.run(["npm", "install", "-s", "--prefix", self.folder / "proxy", "configurable-http-proxy"], **run)
        for name, mode in (("homes", 0o755), ("exchange", 0o777), ("t", 0o1777)):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(mode)

    def start(self) -> None:
        """Start it, and wait until it and its exchange answer."""
        kit, ports = self.folder / "kit", free_ports(4)  # now: setting up takes minutes, and others take ports, too
        self.url, self.exchange = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[3]}"
        ours = {
            "HUB_CONFIG": kit / "classroom/jupyterhub_config.py", "HUB_FOLDER": self.folder, "HUB_PORT": ports[0],
            "HUB_PROXY": self.folder / "proxy/node_modules/.bin/configurable-http-proxy", "HUB_TOKEN": self.token,
            "HUB_PASSWORD": self.password, "EXCHANGE_PORT": ports[3], "EXCHANGE_TOKEN": self.teacher,
        }  # fmt: skip
        command = [kit / ".venv/bin/jupyterhub", "-f", kit / "tests/hub/overlay_config.py"]
        env = {**os.environ, **{name: str(value) for name, value in ours.items()}}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        for url in (f"{self.url}/hub/api/", f"{self.url}/services/exchange/class"):
            self.until(lambda url=url: answers(url), f"{url} does not answer")

    def until(self, done: Any, otherwise: str) -> None:
        """Wait until something holds; AssertionError with the hub's log when it does not, or the hub has ended."""
        end = time.monotonic() + PATIENCE
        while not done():
            ended = self._process is None or self._process.poll() is not None
            assert not ended and time.monotonic() < end, f"{otherwise}:\n{self.told()}"
            time.sleep(0.1)

    def told(self) -> str:
        """The end of the hub's log, without each request."""
        lines = [line for line in self.log.read_text("utf-8").splitlines() if line[:1] not in " }"]
        return "\n".join([one for one in lines if not re.search(r"ConfigProxy|log:192|xsrf", one)][-40:])

    def stop(self) -> None:
        """End the hub with all servers and kernels, and delete the folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
        left = self.processes()  # servers have sessions of their own; a hub that did not get far leaves its proxy
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(left, timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[psutil.Process]:
        """The hub and everything that it has started: each runs out of the folder."""
        running = psutil.process_iter(["cmdline"])
        return [one for one in running if f"{self.folder}/" in " ".join(one.info["cmdline"] or ())]

    def cpu(self) -> float:
        """Seconds of a core that hub, proxy, exchange, servers and kernels have used so far."""
        used = [one.cpu_times() for one in self.processes()]
        return sum(one.user + one.system for one in used)

    def megabytes(self, name: str) -> float:
        """The memory of a learner's server and kernels; what several share is shared out among them."""
        mine = [one for one in self.processes() if one.environ().get("JUPYTERHUB_USER") == name]
        return sum(one.memory_full_info().pss for one in mine) / 1e6

    def admin(self, method: str, path: str, **more: Any) -> requests.Response:
        """A request of the driver's, who may do everything."""
        login = {"Authorization": f"token {self.token}"}
        return requests.request(method, f"{self.url}{path}", headers=login, timeout=PATIENCE, **more)


class Learner:
    """A user of the hub whose server and kernel are started by script."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub, self.name = hub, name
        self.home = hub.folder / "homes" / name / "voice-call-notebooks"
        self._stack = ExitStack()
        self._socket: ClientConnection | None = None

    def begin(self) -> None:
        """Sign in, and start the server."""
        user = f"/hub/api/users/{self.name}"
        assert self.hub.admin("POST", user).status_code in (201, 409)
        assert self.hub.admin("POST", f"{user}/server").status_code in (201, 202)
        self.hub.until(lambda: self.hub.admin("GET", user).json()["servers"].get("", {}).get("ready"), "no server")

    def open(self, path: str) -> None:
        """Start a kernel for a notebook, and connect to it."""
        asked = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        reply = self.hub.admin("POST", f"/user/{self.name}/api/sessions", json=asked)
        assert reply.status_code == 201, reply.text
        where = f"{self.hub.url}/user/{self.name}/api/kernels/{reply.json()['kernel']['id']}/channels"
        login = {"Authorization": f"token {self.hub.token}"}
        where = where.replace("http", "ws", 1)
        opened = connect(where, additional_headers=login, max_size=None, open_timeout=PATIENCE, proxy=None)
        self._socket = self._stack.enter_context(opened)

    def run(self, source: str) -> tuple[str, str]:
        """Run a cell. Returns what it printed or showed as text, and its error."""
        assert self._socket is not None
        number, text, error = uuid.uuid4().hex, "", ""
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": "1", "version": "5.3"}
        content = {"code": source, "silent": False, "allow_stdin": False, "stop_on_error": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(message))
        left = {"idle", "execute_reply"}
        while left:
            told = heard(self._socket.recv(PATIENCE))
            if told["parent_header"].get("msg_id") != number:
                continue
            kind, inside = told["msg_type"], told["content"]
            text += inside.get("text", "") + inside.get("data", {}).get("text/plain", "")
            if kind == "error":
                error = f"{inside['ename']}: {inside['evalue']}"
            left -= {kind, inside.get("execution_state")}
        return text, error

    def run_all(self, lesson: str) -> list[str]:
        """Run every cell of a lesson. Returns what went wrong in those that are not meant to."""
        path = f"notebooks/{lesson}.ipynb"
        self.open(path)
        wrong = []
        for number, cell in enumerate(json.loads((self.home / path).read_text("utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                error = self.run("".join(cell["source"]))[1]
                if error and "raises-exception" not in cell["metadata"].get("tags", []):
                    wrong.append(f"{self.name}, cell {number}: {error}")
        return wrong

    def close(self) -> None:
        self._stack.close()


def heard(message: str | bytes) -> Json:
    """A message of the kernel's; in a binary one, as widgets send, the JSON comes first (jupyter_server, websocket)."""
    if isinstance(message, str):
        return dict(json.loads(message))
    count = int.from_bytes(message[:4], "big")
    ends = [int.from_bytes(message[4 * number : 4 * number + 4], "big") for number in range(1, count + 1)]
    return dict(json.loads(message[ends[0] : ends[1] if count > 1 else None]))


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def everybodys_python() -> str:
    """A Python that any user can run: one in root's home is not."""
    for python in ("/usr/bin/python3", sys.executable):
        asked = [python, "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if not subprocess.run(asked, user="nobody", stderr=subprocess.DEVNULL, cwd="/").returncode:
                return python
        except OSError:
            continue
    raise AssertionError("Install a Python, 3.11 or newer, that every user of this machine can run.")


def free_ports(count: int) -> list[int]:
    """So many ports in a row that nobody uses."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            start = int(first.getsockname()[1])
        try:
            for port in range(start, start + count):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
            return list(range(start, start + count))
        except (OSError, OverflowError):
            continue

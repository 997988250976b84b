"""A real JupyterLab and a real browser, for tests that click like a reader.

A test takes the fixture ``open_notebook`` and gets pages like this one::

    def test_lesson(open_notebook):
        page = open_notebook("06-play-audio-to-a-caller")
        page.run_all()
        assert page.errors() == []
        page.page.get_by_role("button", name="Answer").click()
        page.screenshot(tmp_path / "phone.png")
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import requests
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.notebooks.lesson_env import lesson_environment
from tests.notebooks.sanitising import PROJECT

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No background traffic: it would fail without a network, and is nothing to do with the lessons.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
RUN_ALL_SECONDS = 60

# JavaScript: what the page's own JupyterLab knows about the notebook in front.
CURRENT = "const panel = window.jupyterapp?.shell?.currentWidget;"
READY = f"""() => {{ {CURRENT}
  return panel?.context?.isReady && panel.sessionContext?.isReady
    && panel.sessionContext.session?.kernel?.status === 'idle'; }}"""
# Not awaited: its promise is kept at the first error, even one that the lesson means to raise.
RUN_ALL = """async () => {
  await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
  window.jupyterapp.commands.execute('notebook:run-all-cells'); }"""
DONE = f"""() => {{ {CURRENT}
  const cells = panel.content.model.sharedModel.toJSON().cells.filter((cell) => cell.cell_type === 'code');
  const failed = (cell) => !cell.metadata.tags?.includes('raises-exception')
    && cell.outputs.some((output) => output.output_type === 'error');
  return panel.sessionContext.session.kernel.status === 'idle'
    && (cells.some(failed) || cells.every((cell) => cell.execution_count || !cell.source.length)); }}"""
CELLS = f"""() => {{ {CURRENT}
  return panel.content.model.sharedModel.toJSON().cells; }}"""
# A cell that is run with another text in it, without mouse or keyboard.
RUN_CELL = f"""async ([index, source]) => {{ {CURRENT}
  panel.content.activeCellIndex = index;
  panel.content.activeCell.model.sharedModel.setSource(source);
  await window.jupyterapp.commands.execute('notebook:run-cell'); }}"""
COMMAND_MODE = f"""(index) => {{ {CURRENT}
  panel.content.activeCellIndex = index;
  panel.content.mode = 'command';
  panel.content.activeCell.node.focus(); }}"""
# End the kernel of the notebook in front, then close it.
CLOSE = f"""async () => {{ {CURRENT}
  await panel.sessionContext.shutdown();
  panel.close(); }}"""
# What the kernel prints on being asked something, as if in a cell, after all that was sent to it before.
ASK = f"""async (code) => {{ {CURRENT}
  const future = panel.sessionContext.session.kernel.requestExecute({{ code, store_history: false }});
  let said = '';
  future.onIOPub = ({{ header, content }}) => {{ said += content.text ?? content.evalue ?? ''; }};
  await future.done;
  return said.trim(); }}"""
# Asked again and again until that is what it prints, or the time is over.
ASK_UNTIL = f"""async ([code, wanted, seconds]) => {{
  const end = performance.now() + seconds * 1000;
  let said = '';
  do said = await ({ASK})(code); while (said !== wanted && performance.now() < end);
  return said; }}"""


def find_chromium() -> str | None:
    """The browser to test with, or None."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


class Lab:
    """A JupyterLab server on a port of its own, on a copy of the lessons, with a token and settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "kit"
        self.log = folder / "jupyterlab.log"
        for name in ("notebooks", "audio", "helpers"):
            ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(PROJECT / name, self.folder / name, ignore=ignore)
        for name in ("pyproject.toml", "requirements.lock"):
            shutil.copy(PROJECT / name, self.folder / name)
        self._environment = lesson_environment(folder / "world", os.environ) | {
            "PYTHONPATH": str(self.folder),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        }
        self._runtime = folder / "runtime"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.token = secrets.token_hex(16)

    def start(self) -> Lab:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
        options = {
            "ServerApp.root_dir": self.folder,
            "IdentityProvider.token": self.token,
            "LabApp.expose_app_in_browser": True,
            "LabApp.news_url": None,
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.extension_manager": "readonly",
            "ServerApp.terminals_enabled": False,
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=self.folder)
        self.url = self._address()
        return self

    def _address(self) -> str:
        assert self._process is not None
        for _ in range(600):
            assert self._process.poll() is None, self.log.read_text("utf-8")
            for file in self._runtime.glob("jpserver-*.json"):
                if found := re.search(r'"url": "([^"]+)"', file.read_text("utf-8")):
                    return found[1].rstrip("/")
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"JupyterLab did not start:\n{self.log.read_text('utf-8')}")

    def shut_kernels(self) -> None:
        """End every kernel, and wait until they are gone."""
        login = {"Authorization": f"token {self.token}"}
        for kernel in requests.get(f"{self.url}/api/kernels", headers=login, timeout=10).json():
            reply = requests.delete(f"{self.url}/api/kernels/{kernel['id']}", headers=login, timeout=20)
            reply.raise_for_status()

    def stop(self) -> None:
        """End the server and with it every kernel."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)


class NotebookPage:
    """One notebook, open in one browser tab. ``page`` is Playwright's own."""

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page, self.lab, self.path = page, lab, path
        page.goto(f"{lab.url}/lab/tree/{path}?reset&token={lab.token}")
        page.wait_for_function(READY, timeout=60_000)

    def run_all(self, seconds: float = RUN_ALL_SECONDS) -> None:
        """Clear the outputs, then run every cell; AssertionError if one is not done in time or a question is asked."""
        self.page.evaluate(RUN_ALL)
        with contextlib.suppress(TimeoutError):
            self.page.wait_for_function(DONE, timeout=seconds * 1000)
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        waiting = [number for number, cell in enumerate(self.cells()) if is_code(cell) and not cell["execution_count"]]
        assert not waiting, f"cells {waiting} have not run, after {self.errors()}"

    def run_cell(self, index: int, source: str) -> None:
        """Put this source into a cell, run it and wait until it is done."""
        self.page.evaluate(RUN_CELL, [index, source])

    def command_mode(self, index: int) -> None:
        """Give a cell the focus, as the Escape key does: single keys are commands then."""
        self.page.evaluate(COMMAND_MODE, index)

    def ask(self, code: str) -> str:
        """What the kernel prints when it runs this; no cell is touched."""
        return str(self.page.evaluate(ASK, code))

    def ask_until(self, code: str, wanted: str, seconds: float = 20) -> None:
        """Ask again and again until the kernel prints this; AssertionError, with what it prints, if it does not."""
        said = self.page.evaluate(ASK_UNTIL, [code, wanted, seconds])
        assert said == wanted, f"it prints\n{said}\nand not\n{wanted}"

    def cells(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as the page would save them."""
        return list(self.page.evaluate(CELLS))

    def save(self) -> None:
        """Save it, as Ctrl+S does."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    @contextlib.contextmanager
    def received(self, name: str) -> Iterator[Locator]:
        """What was saved, in front and under another name, as somebody sees it who has not run it. Gives its panel."""
        path = f"notebooks/{name}.ipynb"
        document = json.loads((self.lab.folder / self.path).read_text("utf-8"))
        # Jupyter trusts what it has saved itself, and looks for widgets there. This it has not saved.
        document["metadata"]["received"] = True
        (self.lab.folder / path).write_text(json.dumps(document), "utf-8")
        self.page.evaluate("(path) => window.jupyterapp.commands.execute('docmanager:open', { path })", path)
        self.page.wait_for_function(READY)
        try:
            yield self.page.get_by_role("tabpanel", name=f"{name}.ipynb")
        finally:
            self.page.evaluate(CLOSE)

    def errors(self) -> list[str]:
        """What went wrong in cells that are not meant to: ``cell 3: NameError: …``."""
        found = []
        for number, cell in enumerate(self.cells()):
            if "raises-exception" not in cell["metadata"].get("tags", []):
                outputs = [output for output in cell.get("outputs", ()) if output["output_type"] == "error"]
                found += [f"cell {number}: {output['ename']}: {output['evalue']}" for output in outputs]
        return found

    def text(self) -> str:
        """All that the cells have printed, as JSON."""
        return json.dumps([cell.get("outputs", []) for cell in self.cells()], ensure_ascii=False)

    def screenshot(self, path: Path) -> None:
        """Store a picture of the window."""
        self.page.screenshot(path=path)


def write_notebook(path: Path, *sources: str) -> Path:
    """Write a notebook of code cells, and return where it is."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(one) for one in sources], metadata=kernel), path)
    return path


def is_code(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and bool("".join(cell["source"]).strip())

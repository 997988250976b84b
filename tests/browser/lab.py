"""A real JupyterLab and a real browser, for tests that click like a reader.

A test takes the fixture ``open_notebook`` and gets pages like this one::

    def test_lesson(open_notebook):
        page = open_notebook("06-play-audio-to-a-caller")
        page.run_all()
        assert page.errors() == []
        page.page.get_by_role("button", name="Answer").click()
        page.page.screenshot(path=tmp_path / "phone.png")
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
import psutil
import requests
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser.browsers import PATIENCE
from tests.notebooks.lesson_env import lesson_environment
from tests.notebooks.sanitising import PROJECT

RUN_ALL_SECONDS = 120
STAGE = "notebooks/96-stage.ipynb"
# Of JupyterLab, what has no part in a notebook's cells, outputs and keys: without it a page takes a fifth less to load.
UNUSED = ("csvviewer", "debugger", "extensionmanager", "hub", "htmlviewer", "imageviewer", "inspector", "launcher",
          "logconsole", "lsp", "metadataform", "running", "settingeditor", "terminal", "toc")  # fmt: skip
# Python: for the kernel of the stage, after a test.
CLEAR_UP = """from ipywidgets import Widget
if "kit" in globals():
    globals().pop("kit").stop()
Widget.close_all()"""

# JavaScript: what the page's own JupyterLab knows about the notebook in front. A page without the focus, as now and
# then in Firefox after it was loaded again, has no current one.
CURRENT = """const shell = window.jupyterapp?.shell;
  const panel = shell?.currentWidget ?? [...shell?.widgets("main") ?? []].find((one) => one.isVisible);"""
READY = f"""(path) => {{ {CURRENT}
  return panel?.context?.path === path && panel.context.isReady && panel.sessionContext?.isReady
    && panel.sessionContext.session?.kernel?.status === 'idle'; }}"""
# Returns nothing: what the command does return is half of JupyterLab, and takes up to a minute to be passed on.
OPEN = "async (path) => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"
# Read the file again. The kernel stays.
REVERT = f"async () => {{ {CURRENT} await panel.context.revert(); }}"
SAVE = f"() => {{ {CURRENT} return panel.context.save(); }}"
# Not awaited: its promise is kept at the first error, even one that the lesson means to raise.
RUN_ALL = """async () => {
  await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
  window.jupyterapp.commands.execute('notebook:run-all-cells'); }"""
DONE = f"""() => {{ {CURRENT}
  const cells = panel.content.model.sharedModel.toJSON().cells.filter((cell) => cell.cell_type === 'code');
  const failed = (cell) => !cell.metadata.tags?.includes('raises-exception')
    && cell.execution_count && cell.outputs.some((output) => output.output_type === 'error');
  return panel.sessionContext.session.kernel.status === 'idle'
    && (cells.some(failed) || cells.every((cell) => cell.execution_count || !cell.source.length)); }}"""
CELLS = f"""() => {{ {CURRENT}
  return panel.content.model.sharedModel.toJSON().cells; }}"""
# A cell that is run with another text in it, without mouse or keyboard.
RUN_CELL = f"""async ([index, source]) => {{ {CURRENT}
  panel.content.activeCellIndex = index;
  panel.content.activeCell.model.sharedModel.setSource(source);
  await window.jupyterapp.commands.execute('notebook:run-cell'); }}"""
START = f"""(index) => {{ {CURRENT}
  panel.content.activeCellIndex = index;
  window.jupyterapp.commands.execute('notebook:run-cell'); }}"""
COMMAND_MODE = f"""(index) => {{ {CURRENT}
  panel.content.activeCellIndex = index;
  panel.content.mode = 'command';
  panel.content.activeCell.node.focus(); }}"""
# End the kernel of the notebook in front, then close it, saved or not.
CLOSE = f"""async () => {{ {CURRENT}
  await panel.sessionContext.shutdown();
  panel.dispose(); }}"""
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


def until(page: Page, script: str, arg: Any = None, seconds: float = PATIENCE / 1000) -> None:
    """Wait until this is so in the page. Asked at each frame, as by Playwright itself, it would draw all the time."""
    page.wait_for_function(script, arg=arg, polling=50, timeout=seconds * 1000)


class Lab:
    """A JupyterLab server on a port of its own, on a copy of the lessons, with a token and settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "kit"
        self.log = folder / "jupyterlab.log"
        for name in ("notebooks", "audio", "helpers", "examples"):
            ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "heard")
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
        settings = self.folder.parent / "config" / "labconfig"
        settings.mkdir(parents=True)
        unused = {"disabledExtensions": {f"@jupyterlab/{name}-extension": True for name in UNUSED}}
        (settings / "page_config.json").write_text(json.dumps(unused), "utf-8")
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=self.folder)
        self.url = self._address()
        return self

    def _address(self) -> str:
        assert self._process is not None
        for _ in range(PATIENCE // 20):
            assert self._process.poll() is None, self.log.read_text("utf-8")
            for file in self._runtime.glob("jpserver-*.json"):
                if found := re.search(r'"url": "([^"]+)"', file.read_text("utf-8")):
                    return found[1].rstrip("/")
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"JupyterLab did not start:\n{self.log.read_text('utf-8')}")

    def end_kernels(self) -> None:
        """End the kernels of notebooks whose page is gone."""
        login = {"Authorization": f"token {self.token}"}
        for session in requests.get(f"{self.url}/api/sessions", headers=login, timeout=60).json():
            reply = requests.delete(f"{self.url}/api/sessions/{session['id']}", headers=login, timeout=60)
            reply.raise_for_status()

    def stop(self) -> None:
        """End the server and with it every kernel."""
        if self._process is not None:
            kernels = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            self._process.wait(20)
            assert psutil.wait_procs(kernels, timeout=20)[1] == []


class NotebookPage:
    """One notebook, open in one browser tab. ``page`` is Playwright's own."""

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page, self.lab, self.path = page, lab, path
        page.bring_to_front()  # Firefox draws nothing and begins no sound in a tab behind another one
        # Without what was open before: of several notebooks any could come to the front.
        self._address = f"{lab.url}/lab/tree/{path}?reset&token={lab.token}"
        if page.url.startswith(lab.url):
            page.evaluate(OPEN, path)
        else:
            page.goto(self._address)
        until(page, READY, path)

    def close(self) -> None:
        """End the kernel and close the notebook. JupyterLab stays open, for the next one."""
        self.page.evaluate(CLOSE)

    def reload(self) -> None:
        """Save the notebook, and load the page again, as somebody does who comes back. The kernel goes on."""
        self.save()
        self.page.goto(self._address)
        until(self.page, READY, self.path)

    def hold(self, *sources: str) -> None:
        """Have these cells and no others, none of them run. The kernel stays the same."""
        write_notebook(self.lab.folder / self.path, *sources)
        self.page.evaluate(REVERT)

    def run_all(self, seconds: float = RUN_ALL_SECONDS) -> None:
        """Clear the outputs, then run every cell; AssertionError if one is not done in time or a question is asked."""
        self.page.evaluate(RUN_ALL)
        with contextlib.suppress(TimeoutError):
            until(self.page, DONE, seconds=seconds)
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        waiting = [number for number, cell in enumerate(self.cells()) if is_code(cell) and not cell["execution_count"]]
        assert not waiting, f"cells {waiting} have not run, after {self.errors()}"

    def run_cell(self, index: int, source: str) -> None:
        """Put this source into a cell, run it and wait until it is done."""
        self.page.evaluate(RUN_CELL, [index, source])

    def start(self, cell: int) -> Locator:
        """Run a cell, and do not wait for it. Returns its output."""
        self.page.evaluate(START, cell)
        return self.page.locator(".jp-Cell").nth(cell).locator(".jp-OutputArea-output")

    def command_mode(self, index: int) -> None:
        """Give a cell the focus, as the Escape key does: single keys are commands then."""
        self.page.evaluate(COMMAND_MODE, index)

    def ask(self, code: str) -> str:
        """What the kernel prints when it runs this; no cell is touched."""
        return str(self.page.evaluate(ASK, code))

    def ask_until(self, code: str, wanted: str, seconds: float = 60) -> None:
        """Ask again and again until the kernel prints this; AssertionError, with what it prints, if it does not."""
        said = self.page.evaluate(ASK_UNTIL, [code, wanted, seconds])
        assert said == wanted, f"it prints\n{said}\nand not\n{wanted}"

    def cells(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as the page would save them."""
        return list(self.page.evaluate(CELLS))

    def save(self) -> None:
        """Save it, as Ctrl+S does."""
        self.page.evaluate(SAVE)

    @contextlib.contextmanager
    def received(self, name: str) -> Iterator[Locator]:
        """What was saved, in front and under another name, as somebody sees it who has not run it. Gives its panel."""
        path = f"notebooks/{name}.ipynb"
        document = json.loads((self.lab.folder / self.path).read_text("utf-8"))
        # Jupyter trusts what it has saved itself, and looks for widgets there. This it has not saved.
        document["metadata"]["received"] = True
        (self.lab.folder / path).write_text(json.dumps(document), "utf-8")
        self.page.evaluate(OPEN, path)
        until(self.page, READY, path)
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


class Desk:
    """One tab in which JupyterLab stays open, because loading it takes longer than most tests do."""

    def __init__(self, browser: Browser, lab: Lab, script: str = "") -> None:
        """``script`` runs in the page before anything else does."""
        self._browser, self._lab, self._script = browser, lab, script
        self._page: Page | None = None
        self._notebook: NotebookPage | None = None

    def open(self, notebook: str | Path) -> NotebookPage:
        """Open a lesson by its name, or a notebook file of the test's own, and wait until its kernel is ready."""
        path = f"notebooks/{Path(notebook).stem}.ipynb"
        if isinstance(notebook, Path):
            (self._lab.folder / path).write_bytes(notebook.read_bytes())
        if self._page is None:
            # Without motion: as long as something moves a page is drawn anew sixty times a second.
            context = self._browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
            context.add_init_script(self._script)
            context.set_default_timeout(PATIENCE)
            self._page = context.new_page()
        self._notebook = NotebookPage(self._page, self._lab, path)
        return self._notebook

    def stage(self) -> NotebookPage:
        """Open the notebook that is not closed after a test, for what it is to ``hold``."""
        if not (file := self._lab.folder / STAGE).exists():
            write_notebook(file)
        return self.open(file.stem)

    def tidy(self) -> None:
        """Leave the tab to the next test: the stage with its kernel, but without a kit, and no other notebook."""
        if self._notebook and self._notebook.path == STAGE:
            self._notebook.ask(CLEAR_UP)
        elif self._notebook:
            self._notebook.close()
        self._notebook = None

    def clear(self) -> None:
        """Close the tab and end its kernels, whatever state they are in. The next notebook gets a new tab."""
        if self._page is not None:
            self._page.context.close()
            self._lab.end_kernels()
        self._page = self._notebook = None


def write_notebook(path: Path, *sources: str) -> Path:
    """Write a notebook of code cells, and return where it is."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(one) for one in sources], metadata=kernel), path)
    return path


def is_code(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and bool("".join(cell["source"]).strip())

"""`make notebooks` stores what strict nbval then accepts, and a second run changes no byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.live.box import SENDS
from tests.notebooks.lesson_env import lesson_environment
from tests.notebooks.sanitising import PROJECT

pytestmark = pytest.mark.slow
CHANGING = """\
import helpers, os, sys, time, uuid
print(f"{uuid.uuid4()} at http://127.0.0.1:{40000 + time.time_ns() % 999}/answer in {time.time_ns() % 97} ms")
print(sorted(name for name in os.environ if name.startswith(("VONAGE_", "VOICE_", "SIMULATOR_P"))))
print("a warning", file=sys.stderr)
print("more")
object()"""
# What ready() makes because there is nothing yet does not count.
CALLING = """\
import helpers, requests
kit = helpers.setup()
kit.ready()
kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=[{"action": "talk", "text": "Hello."}])
requests.post(f"{kit.settings.api_url}/v1/calls", json={}).status_code"""
WIDGET = "import ipywidgets\nipywidgets.HTML('<b>bold</b>')"
ERROR = "raise FileNotFoundError(helpers.__file__)"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with everything that differs from run to run, stored by `make notebooks`."""
    path = tmp_path_factory.mktemp("stored") / "01-tiny.ipynb"
    error = new_code_cell(ERROR, metadata={"tags": ["raises-exception"], "execution": {"started": "now"}})
    cells = [new_markdown_cell("# Tiny"), new_code_cell(CHANGING), new_code_cell(WIDGET), error]
    nbformat.write(new_notebook(cells=cells, metadata={"widgets": {"x": 1}}), path)
    run("tests.notebooks.execute", path)
    return path


@pytest.fixture
def stored(original: Path, tmp_path: Path) -> Path:
    """The same, free to be spoilt."""
    return Path(shutil.copy(original, tmp_path))


def run(module: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool as make does, on a machine whose owner has a live account."""
    live = {"VONAGE_API_KEY": "abcd1234", "VOICE_MODE": "live", "SIMULATOR_PACE": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    command = [sys.executable, "-m", module, str(path)]
    return subprocess.run(command, cwd=PROJECT, env=environment | live, capture_output=True, text=True)


def test_stored_outputs_hold_nothing_that_changes(stored: Path) -> None:
    notebook = nbformat.read(stored, as_version=4)
    _, changing, widget, error = notebook.cells
    assert [output.get("name", output.output_type) for output in changing.outputs] == [
        "stdout",
        "stderr",
        "execute_result",
    ]
    assert changing.outputs[0].text == (
        "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee at http://127.0.0.1:PORT/answer in N ms\n['SIMULATOR_PACE']\nmore\n"
    )
    assert changing.outputs[2].data["text/plain"] == "<object at 0xADDRESS>"
    assert "4ccc8ddd" in str(widget.outputs[0].data)
    assert error.outputs[0].evalue == "helpers/__init__.py"
    assert str(PROJECT) not in stored.read_text("utf-8")
    assert [cell.id for cell in notebook.cells] == ["cell-00", "cell-01", "cell-02", "cell-03"]
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2, 3]
    assert error.metadata == {"tags": ["raises-exception"]}
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def test_second_run_changes_no_byte_and_strict_nbval_passes(stored: Path) -> None:
    before = stored.read_bytes()
    assert "01-tiny.ipynb: unchanged" in run("tests.notebooks.execute", stored).stdout
    assert stored.read_bytes() == before
    passed = run("tests.notebooks.validate", stored)
    assert (passed.returncode, "3 passed" in passed.stdout) == (0, True), passed.stdout + passed.stderr


def test_strict_nbval_sees_a_changed_output(stored: Path) -> None:
    stored.write_text(stored.read_text("utf-8").replace("more\\n", "less\\n"), "utf-8")
    failed = run("tests.notebooks.validate", stored)
    assert (failed.returncode, "1 failed, 2 passed" in failed.stdout) == (1, True), failed.stdout


def test_what_a_lesson_sends_is_counted_and_compared(stored: Path) -> None:
    notebook = nbformat.read(stored, as_version=4)
    notebook.cells[1].source = CALLING
    nbformat.write(notebook, stored)
    run("tests.notebooks.execute", stored)
    assert f'"{SENDS}": {{\n   "create_call": 2\n  }}' in stored.read_text("utf-8")
    stored.write_text(stored.read_text("utf-8").replace('"create_call": 2', '"create_call": 1'), "utf-8")
    failed = run("tests.notebooks.validate", stored)
    assert (failed.returncode, "3 passed, 1 error" in failed.stdout) == (1, True), failed.stdout
    assert "{'create_call': 2} == {'create_call': 1}" in failed.stdout


def test_a_lesson_that_raises_is_not_stored(stored: Path) -> None:
    notebook = nbformat.read(stored, as_version=4)
    notebook.cells[3].metadata.clear()
    nbformat.write(notebook, stored)
    before = stored.read_bytes()
    failed = run("tests.notebooks.execute", stored)
    assert failed.returncode != 0
    assert "FileNotFoundError" in failed.stderr
    assert stored.read_bytes() == before


def test_a_lesson_sees_nothing_of_its_owners_settings(tmp_path: Path) -> None:
    outside = {"VONAGE_API_KEY": "x", "VOICE_MODE": "live", "SIMULATOR_URL": "x", "PUBLIC_URL": "x", "PATH": "/bin"}
    world = lesson_environment(tmp_path, outside)
    assert world.pop("PATH") == "/bin"
    pytest_alone = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    assert set(world) == {
        "SIMULATOR_PACE",
        "SIMULATOR_SEED",
        "SIMULATOR_STATE",
        "KIT_DOTENV",
        "IPYTHONDIR",
        pytest_alone,
    }
    assert Path(world["KIT_DOTENV"]).read_text("utf-8") == ""
    assert not Path(world["SIMULATOR_STATE"]).exists()

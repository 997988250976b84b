"""Programs outside the notebook: their address, their words, their end."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import psutil
import pytest

from helpers.base.secret import Secret
from helpers.server import Program
from helpers.server.program import ProgramError
from tests.notebooks.sanitising import PROJECT
from tests.simulator.world import wait_until

SAYS = """
import os, time
print("listening on http://127.0.0.1:1")
print("the word is", os.environ["WORD"])
print("kept in 1")
print("kept in 2")
time.sleep(600)
"""
KILLED = """
import os, signal, sys
from helpers.server import Program
program = Program(sys.argv[1], {"WORD": "x"})
print(program._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "says.py"
    file.write_text(SAYS, "utf-8")
    return file


def test_it_tells_its_address_and_each_line_once(file: Path) -> None:
    program = Program(file, {"WORD": Secret("S3cretS3cret")})
    assert (program.url, repr(program)) == (
        "http://127.0.0.1:1",
        "Program(says.py, running at http://127.0.0.1:1)",
    )
    assert program.wait_for("the word") == "the word is …"
    assert [program.wait_for("kept"), program.wait_for("kept")] == ["kept in 1", "kept in 2"]
    with pytest.raises(ProgramError, match="ran for 0 s and never said “kept”"):
        program.wait_for("kept", seconds=0)
    program.stop()
    program.stop()
    assert repr(program) == "Program(says.py, ended)"


def test_it_ends_with_its_object(file: Path) -> None:
    program = Program(file, {"WORD": "x"})
    process, gone = psutil.Process(program._process.pid), weakref.ref(program)
    del program
    gc.collect()
    assert gone() is None and not process.is_running()


def test_a_program_that_ends_says_why(file: Path) -> None:
    file.write_text("import sys; sys.exit('Not set: COLLEAGUE')", "utf-8")
    with pytest.raises(
        ProgramError, match=r"says.py ended and never printed a web address. It printed:\nNot set: COLLEAGUE"
    ):
        Program(file)


def test_a_program_that_is_not_there_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"There is no file .*hotlin\.py"):
        Program(tmp_path / "hotlin.py")


def test_it_ends_with_who_started_it_however_that_one_ends(file: Path) -> None:
    said = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, text=True, cwd=PROJECT)
    assert said.returncode == -signal.SIGKILL, said.stderr
    wait_until(lambda: not psutil.pid_exists(int(said.stdout)))

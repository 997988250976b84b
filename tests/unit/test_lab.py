"""lab.py and the Makefile: what they say and do before anything is installed."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lab

PROJECT = Path(__file__).resolve().parents[2]
FILES = ("lab.py", "Makefile", "pyproject.toml", "requirements.lock")
Run = Callable[..., subprocess.CompletedProcess[str]]

# A stand-in for .venv's Python: it notes what it is asked to run, and plays pip as the test has written it.
STAND_IN = """#!/bin/sh
here=$(dirname "$0")
case "$*" in
*platform*) echo {version} ;;
*"pip install"*) echo "$PWD: $*" >> "$here/asked"; . "$here/pip" ;;
*) echo "$PWD: $*" >> "$here/asked"; exec sh "$here/run" ;;
esac
"""


def outside() -> dict[str, str]:
    """The environment without what the make and the lab.py have set that run these tests."""
    theirs = ("JUPYTER", "IPYTHON", "MAKE", "MFLAGS", "ARGS", "LESSONS", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the files that a set-up reads, in a folder that has a space in its name."""
    folder = tmp_path / "a kit"
    folder.mkdir()
    for name in FILES:
        shutil.copy(PROJECT / name, folder / name)
    return folder


@pytest.fixture
def run(kit: Path, tmp_path: Path) -> Run:
    """Run lab.py there, from another folder."""

    def run(*words: str, folder: Path = kit, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(folder / "lab.py"), *words]
        return subprocess.run(command, cwd=tmp_path, env={**outside(), **env}, capture_output=True, text=True)

    return run


def environment(kit: Path, pip: str = "", program: str = "", version: str = "3.12.1") -> Path:
    """A .venv whose Python is the stand-in; ``pip`` and ``program`` are what it does when it is asked to."""
    folder = kit / ".venv" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pip").write_text(f"{pip}\n", "utf-8")
    (folder / "run").write_text(f"{program}\n", "utf-8")
    python = folder / "python"
    python.write_text(STAND_IN.format(version=version), "utf-8")
    python.chmod(0o755)
    return folder / "asked"


def python_that(folder: Path, answer: str) -> str:
    """A stand-in for a Python that cannot be used; ``answer`` is what the shell does for each question of lab.py's."""
    path = folder / "python-stand-in"
    path.write_text(f'#!/bin/sh\ncase "$2" in\n{answer}\nesac\n', "utf-8")
    path.chmod(0o755)
    return str(path)


# --- the file ---


def test_an_old_python_can_read_it_and_gets_as_far_as_saying_so() -> None:
    tree = ast.parse((PROJECT / "lab.py").read_text("utf-8"), feature_version=(3, 6))
    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert not futures, "Python 3.6 does not know annotations as a future"
    assert (PROJECT / "lab.py").read_text("utf-8").isascii(), "an old console shows nothing else"


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((PROJECT / "lab.py").read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_every_command_says_what_it_does(run: Run) -> None:
    shown = run("help").stdout
    for command in ("lab", "test", "quick", "check", "notebooks", "lessons", "lint", "coverage", "bench", "lock"):
        assert re.search(rf"^  (make|python lab\.py) {command} +\w", shown, re.M), command
    assert run("--help").stdout == shown


def test_an_unknown_command_is_not_taken_for_another_one(run: Run) -> None:
    done = run("lba")
    assert (done.returncode, done.stderr) == (2, "There is no command lba.\n")


# --- a Python that can be used ---


def test_the_first_python_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old = python_that(tmp_path, "*platform*) echo 3.9.2 ;;\n*) exit 1 ;;")
    python, version = lab.usable_python(["no-python-of-this-name", old, sys.executable])
    assert (python, version) == (sys.executable, ".".join(map(str, sys.version_info[:3])))


@pytest.mark.parametrize(("version", "fits"), [("3.11.0", True), ("3.14.0rc1", True), ("3.10.9", False), ("", False)])
def test_what_is_new_enough(version: str, fits: bool) -> None:
    assert lab.new_enough(version) is fits


def test_no_python_at_all() -> None:
    with pytest.raises(lab.Trouble, match=r"No usable Python here\.\nInstall Python 3\.11 or newer"):
        lab.usable_python(["no-python-of-this-name"])


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    old = python_that(tmp_path, "*platform*) echo 3.9.2 ;;\n*) exit 1 ;;")
    with pytest.raises(lab.Trouble, match=r"is Python 3\.9\.2: too old\nInstall Python 3\.11 or newer"):
        lab.usable_python([old])


def test_a_python_that_cannot_make_environments_is_named_with_the_cure(tmp_path: Path) -> None:
    bare = python_that(tmp_path, "*platform*) echo 3.12.1 ;;\n*ensurepip*) exit 1 ;;\n*) exit 0 ;;")
    with pytest.raises(lab.Trouble, match=r"cannot make virtual environments: .* python3-venv"):
        lab.usable_python([bare])


def test_a_python_that_was_named_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON", "/my/python3")
    assert lab.candidates()[:2] == ["/my/python3", sys.executable]


# --- set-up ---


def test_a_learner_gets_no_test_tools_and_a_tester_gets_them_later(kit: Path, run: Run) -> None:
    asked = environment(kit)
    assert run("check").returncode == 0
    first, second = asked.read_text("utf-8").splitlines()
    assert first.startswith(f"{kit}: -m pip install ") and first.endswith(" -c requirements.lock -e .[lab,speech,test]")
    assert second == f"{kit}: -m helpers.check"
    assert run("bench", "--quick").returncode == 0
    third, fourth = asked.read_text("utf-8").splitlines()[2:]
    assert third.endswith("-e .[lab,speech,test,dev]")
    assert fourth == f"{kit}: -m tests.bench --quick"


def test_from_a_stick_it_asks_no_index_and_says_when_the_stick_is_for_another_system(kit: Path, run: Run) -> None:
    (kit / "wheels").mkdir()
    said = "Looking in links: wheels\\nERROR: No matching distribution found for numpy"
    asked = environment(kit, pip=f"printf '{said}'; exit 1")
    assert "made for another system or another Python: START.txt" in run("check").stderr
    assert " --no-index --find-links=wheels " in asked.read_text("utf-8")


def test_what_is_set_up_is_not_set_up_again(kit: Path, run: Run) -> None:
    asked = environment(kit)
    run("lint"), run("check"), run("lint")
    assert asked.read_text("utf-8").count("pip install") == 1


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_change_of_the_dependencies_is_set_up(kit: Path, run: Run, name: str) -> None:
    asked = environment(kit)
    run("check")
    (kit / name).write_text((kit / name).read_text("utf-8") + "# changed\n", "utf-8")
    run("check")
    assert asked.read_text("utf-8").count("pip install") == 2


def test_a_folder_that_was_moved_is_set_up_again(kit: Path, run: Run, tmp_path: Path) -> None:
    environment(kit)
    run("check")
    moved = kit.rename(tmp_path / "elsewhere")
    assert run("check", folder=moved).returncode == 0
    assert (moved / ".venv/bin/asked").read_text("utf-8").count("pip install") == 2


def test_an_environment_of_an_old_python_is_made_anew(kit: Path, run: Run, tmp_path: Path) -> None:
    environment(kit, version="3.9.2")
    # Without pip, so that it is quick: it fails where pip is asked for.
    maker = python_that(tmp_path, '*platform*) echo 3.12.1 ;;\nvenv) echo "made $3" ;;\n*) exit 0 ;;')
    done = run("check", PYTHON=maker)
    assert f"Making .venv with {maker} (Python 3.12.1) ...\nmade {kit / '.venv'}\n" in done.stdout
    assert not (kit / ".venv/bin/asked").exists()


def test_a_failed_set_up_is_tried_again(kit: Path, run: Run) -> None:
    asked = environment(kit, pip="echo ERROR: no; exit 1")
    assert run("check").returncode == 1
    assert "helpers.check" not in asked.read_text("utf-8")
    run("check")
    assert asked.read_text("utf-8").count("pip install") == 2


def test_pip_s_own_reason_comes_before_any_guess(kit: Path, run: Run) -> None:
    environment(kit, pip="cat <<'X'\nCollecting anyio\nERROR: anyio 9 Requires-Python >=3.99\nX\nexit 1")
    said = run("check").stderr
    assert "online" not in said
    assert said.index("ERROR: anyio 9 Requires-Python >=3.99") < said.index("does not fit this Python")
    assert str(kit / ".venv/pip.log") in said


def test_only_pip_s_own_words_let_it_ask_about_the_network(kit: Path, run: Run) -> None:
    retry = "WARNING: Retrying after connection broken by NewConnectionError(Failed to establish a new connection)"
    environment(kit, pip=f"echo '{retry}'; echo 'ERROR: No matching distribution found for anyio'; exit 1")
    said = run("check").stderr
    assert said.index(retry) < said.index("ERROR: No matching") < said.index("Is this machine online?")


def test_an_unknown_failure_is_shown_without_a_guess(kit: Path, run: Run) -> None:
    environment(kit, pip="echo something odd; exit 1")
    assert "pip says:\n  something odd\nAll of it:" in run("check").stderr


def test_progress_names_the_package_and_counts() -> None:
    fetching = "Collecting anyio==4.16.0\n  Downloading anyio\nCollecting Flask (from x)\n"
    assert lab.progress("", set()) == "  asking for the packages"
    assert lab.progress(fetching, set()) == "  fetching package 2: Flask"
    installing = f"{fetching}Installing collected packages: anyio, Flask, numpy\n"
    assert lab.progress(installing, {"anyio"}) == "  installing 1 of 3: Flask"
    assert lab.progress(installing, {"anyio", "flask", "numpy"}) == "  installing 3 of 3: numpy"


def test_a_set_up_shows_how_far_it_is(kit: Path) -> None:
    where = '"$here/../lib/python3.12/site-packages"'
    pip = f"mkdir -p {where}/anyio-1.dist-info; echo Installing collected packages: anyio"
    asked = environment(kit, pip=f'{pip}; while test ! -e "$here/seen"; do sleep 0.05; done')
    with subprocess.Popen([sys.executable, str(kit / "lab.py"), "check"], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        while program.stdout.readline() != "  installing 1 of 1: anyio\n":
            assert program.poll() is None
        asked.with_name("seen").touch()
        assert program.stdout.read() == "  1 packages installed.\n"


# --- what a program gets ---


def test_foreign_settings_stay_outside_and_jupyter_writes_into_the_project(kit: Path, run: Run) -> None:
    environment(kit, program="env")
    lines = run("check", PYTHONPATH="/theirs", JUPYTER_PATH="/theirs", PYTHONHOME="").stdout.splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    assert not {"PYTHONPATH", "PYTHONHOME", "JUPYTER_PATH"} & set(values)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert values[name].startswith(f"{kit}/.venv/"), name
    assert values["PATH"].startswith(f"{kit}/.venv/bin:")


def test_what_somebody_has_set_for_jupyter_stays(kit: Path, run: Run) -> None:
    environment(kit, program="env")
    assert "JUPYTER_CONFIG_DIR=/mine\n" in run("check", JUPYTER_CONFIG_DIR="/mine").stdout


@pytest.mark.parametrize("home", ["", "/no/such/folder"])
def test_a_home_that_cannot_be_written_is_replaced(kit: Path, run: Run, home: str) -> None:
    environment(kit, program="env")
    assert f"\nHOME={kit / '.venv/home'}\n" in run("check", HOME=home).stdout
    assert (kit / ".venv/home").is_dir()


def test_sockets_get_a_short_folder_however_deep_the_project_lies(kit: Path, run: Run) -> None:
    environment(kit, program='test -d "$JUPYTER_RUNTIME_DIR" && env')
    deep = kit.parent / ("d" * 60)
    kit.rename(deep)
    said = run("check", folder=deep, TMPDIR=str(deep)).stdout  # which is long on macOS, too
    (runtime,) = re.findall(r"^JUPYTER_RUNTIME_DIR=(.*)", said, re.M)
    assert len(runtime) <= lab.LONGEST_RUNTIME
    assert not Path(runtime).exists(), "it goes with the program"


def test_lint_looks_at_the_imports_too(kit: Path, run: Run) -> None:
    asked = environment(kit)
    assert run("lint").returncode == 0
    commands = [line.removeprefix(f"{kit}: ") for line in asked.read_text("utf-8").splitlines()[1:]]
    assert commands[:2] == ["-m ruff check .", "-m mypy"]
    assert re.fullmatch(r"-c .*importlinter.* pyproject\.toml", commands[2])


def test_words_go_on_to_the_program_and_its_answer_comes_back(kit: Path, run: Run) -> None:
    asked = environment(kit, program="exit 7")
    assert run("--no-browser", "--port=9999").returncode == 7
    assert asked.read_text("utf-8").splitlines()[-1].endswith(" --no-browser --port=9999")
    assert run("test", "tests/unit", "-k", "two words").returncode == 7
    assert asked.read_text("utf-8").splitlines()[-1] == f"{kit}: -m pytest tests/unit -k two words"


def test_the_lessons_run_beside_the_tests_and_are_shown_after_them(kit: Path, run: Run) -> None:
    asked = environment(kit, program="echo ran; exit 3")
    ended = run("test")
    commands = {line.split()[line.split().index("-m") + 1] for line in asked.read_text("utf-8").splitlines()}
    assert {"pytest", "tests.notebooks.validate"} <= commands
    assert (ended.stdout.count("ran\n"), ended.returncode) == (2, 3)


def test_ending_it_ends_the_program(kit: Path) -> None:
    environment(kit, program="trap 'echo ended; exit 5' TERM; echo up; while :; do sleep 0.05; done")
    with subprocess.Popen([sys.executable, str(kit / "lab.py")], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        while "up" not in (line := program.stdout.readline()):
            assert line, "it has ended by itself"
        program.terminate()
        assert program.stdout.read() == "ended\n"
    assert program.returncode == 5


def test_clean_leaves_nothing_of_what_was_measured(kit: Path, run: Run) -> None:
    (kit / "htmlcov").mkdir()
    for name in (".coverage", ".coverage.host.pid1.x", ".env"):
        (kit / name).touch()
    assert run("clean").returncode == 0
    assert sorted(path.name for path in kit.iterdir()) == sorted([*FILES, ".env"])


# --- make ---


def make(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=kit, env=outside(), capture_output=True, text=True)


def test_make_alone_lists_its_commands_and_they_are_those_of_lab(kit: Path) -> None:
    names = re.findall(r"^  make ([\w-]+)", make(kit).stdout, re.M)
    assert names == list(lab.COMMANDS)
    listed = re.findall(r"^COMMANDS [:+]= (.*)", (kit / "Makefile").read_text("utf-8"), re.M)
    assert " ".join(listed).split() == names


def test_make_says_when_there_is_no_python(kit: Path) -> None:
    done = make(kit, "check", "PYTHONS=no-python-of-this-name")
    assert done.returncode != 0
    assert "No usable Python here.\nInstall Python 3.11 or newer" in done.stderr


def test_make_hands_on_its_words_and_the_python_that_was_named(kit: Path) -> None:
    asked = environment(kit)
    assert make(kit, "check", f"PYTHON={sys.executable}", "ARGS=one two").returncode == 0
    assert asked.read_text("utf-8").splitlines()[-1] == f"{kit}: -m helpers.check one two"
    assert make(kit, "notebooks", "LESSONS=notebooks/03*.ipynb", f"PYTHON={sys.executable}").returncode == 0
    assert asked.read_text("utf-8").splitlines()[-1] == f"{kit}: -m tests.notebooks.execute notebooks/03*.ipynb"
    shutil.copytree(PROJECT / "classroom", kit / "classroom")
    assert "There is no target beos" in make(kit, "bundle", "TARGET=beos", f"PYTHON={sys.executable}").stderr

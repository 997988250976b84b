"""The rules of the house: what the kit's own files must keep to."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PROJECT = Path(__file__).resolve().parents[2]
MODULES = sorted((PROJECT / "helpers").rglob("*.py"))
LONGEST = 400  # about 300 is meant; a table of data may be longer
SPEAKERS = {"check.py", "__main__.py", "kit.py", "notices.py", "phone.py"}  # command lines, and what a lesson is told
HEAVY = ("matplotlib", "soundfile", "soxr", "fastapi", "uvicorn", "ipywidgets", "IPython", "numpy", "flask", "pydantic")

with (PROJECT / "pyproject.toml").open("rb") as file:
    KIT = tomllib.load(file)["project"]


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def lock() -> dict[str, str]:
    lines = (PROJECT / "requirements.lock").read_text("utf-8").splitlines()
    return dict(line.lower().replace("_", "-").split("==") for line in lines if not line.startswith("#"))


# --- helpers ---------------------------------------------------------------------------------------------------------


def test_importing_helpers_loads_nothing_heavy() -> None:
    code = f"import sys, helpers; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_module_keeps_to_the_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST, "too long: it wants to be two modules"
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not tree.body, "begins with a docstring that says what it is for"
    if path.name not in SPEAKERS:
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        printed = [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"]
        assert not printed, f"prints in lines {printed}: use logging, or return what is to be shown"
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.split(".")[0] in ("notebooks", "tests")}, "helpers import no lesson"


def test_no_file_names_a_folder_of_one_machine() -> None:
    texts = [*MODULES, *PROJECT.glob("*.*"), PROJECT / "Makefile", *PROJECT.glob(".binder/*"), *PROJECT.glob(".ci/*")]
    pattern = re.compile(r"(?<![\w./])/(?:home|root|work|Users)/\w|file:///")
    found = [named(path) for path in texts if path.is_file() and pattern.search(path.read_text("utf-8"))]
    assert found == []


# --- versions --------------------------------------------------------------------------------------------------------


def test_lock_holds_names_and_versions_and_nothing_else() -> None:
    lines = (PROJECT / "requirements.lock").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert [line for line in lines[1:] if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!-]+", line)] == []
    assert KIT["name"] not in lock()


def test_lock_pins_every_dependency_inside_its_range() -> None:
    texts = KIT["dependencies"] + [text for extra in KIT["optional-dependencies"].values() for text in extra]
    for need in map(Requirement, texts):
        version = lock().get(need.name.lower(), "none")
        assert version != "none", f"{need.name} is not in requirements.lock: run `make lock`"
        assert SpecifierSet(str(need.specifier)).contains(version), f"{need} is locked to {version}"


def test_this_environment_was_made_through_the_lock() -> None:
    pinned = {name: version for name, version in lock().items() if _installed(name) not in (None, version)}
    assert pinned == {}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None  # a package that only another system or Python needs


def test_conda_and_binder_install_the_same_package_through_the_lock() -> None:
    conda = (PROJECT / "environment.yml").read_text("utf-8")
    assert "- -c requirements.lock\n" in conda
    assert "- -e .[speech,test]\n" in conda
    assert '-c requirements.lock -e ".[speech]"' in (PROJECT / ".binder" / "postBuild").read_text("utf-8")


def test_changelog_tells_of_this_version() -> None:
    assert f"## [{KIT['version']}] - 20" in (PROJECT / "CHANGELOG.md").read_text("utf-8")


# --- Makefile --------------------------------------------------------------------------------------------------------


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run make in an empty copy of the project that has a space in its name."""
    project = tmp_path / "a kit"
    project.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(PROJECT / name, project / name)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["make", *words], cwd=project, capture_output=True, text=True)

    return run


def python_that(folder: Path, answer: str) -> str:
    """A stand-in for a Python that cannot be used; ``answer`` is what the shell does for each question of make's."""
    path = folder / "python-stand-in"
    path.write_text(f'#!/bin/sh\ncase "$2" in\n{answer}\nesac\n', "utf-8")
    path.chmod(0o755)
    return str(path)


def test_make_alone_lists_the_commands(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    shown = make().stdout
    for command in ("lab", "test", "check", "notebooks", "lint", "bench", "lock", "clean"):
        assert re.search(rf"^  make {command} +\w", shown, re.M), command


def test_make_says_when_there_is_no_python(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = make("check", "PYTHONS=no-python-of-this-name")
    assert done.returncode != 0
    assert "No usable Python here.\nInstall Python 3.11 or newer" in done.stderr


def test_make_says_when_python_is_too_old(
    make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    old = python_that(tmp_path, "*platform*) echo 3.9.2 ;;\n*) exit 1 ;;")
    assert "is Python 3.9.2: too old\nInstall Python 3.11 or newer" in make("check", f"PYTHONS={old}").stderr


def test_make_says_when_python_cannot_make_environments(
    make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    bare = python_that(tmp_path, "*platform*) echo 3.12.1 ;;\n*ensurepip*) exit 1 ;;\n*) exit 0 ;;")
    said = make("check", f"PYTHONS={bare}").stderr
    assert "cannot make virtual environments" in said
    assert "python3-venv" in said

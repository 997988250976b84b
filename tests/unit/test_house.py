"""The rules of the house: what the kit's own files must keep to."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
import warnings
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import helpers
import lab

PROJECT = Path(__file__).resolve().parents[2]
MODULES = sorted((PROJECT / "helpers").rglob("*.py"))
LONGEST = 600  # lines; from there on a module is remarked on
# Command lines, and what a lesson is told.
SPEAKERS = {"cell_errors.py", "check.py", "first_run.py", "__main__.py", "kit.py", "notices.py", "phone.py", "place.py"}
HEAVY = ("matplotlib", "soundfile", "soxr", "fastapi", "uvicorn", "ipywidgets", "IPython", "numpy", "flask", "pydantic")

with (PROJECT / "pyproject.toml").open("rb") as file:
    TABLES = tomllib.load(file)
KIT = TABLES["project"]


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def pins() -> list[Requirement]:
    lines = (PROJECT / "requirements.lock").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def lock() -> dict[str, str]:
    """The versions that are meant for this Python on this system."""
    here = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


# --- helpers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("helpers", HEAVY),
        ("helpers.audio, helpers.simulator.sound.speech", ("soundfile", "soxr")),
        ("helpers.calls.trace, helpers.calls.explain", ("numpy", "matplotlib", "ipywidgets")),
        (
            "helpers.settings.settings, helpers.vonage.client",
            ("requests", "cryptography", "jwt", "dotenv", "phonenumbers"),
        ),
    ],
)
def test_importing_loads_nothing_heavy(modules: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=named)
@pytest.mark.filterwarnings("default")
def test_module_keeps_to_the_style(path: Path) -> None:
    text = path.read_text("utf-8")
    if (lines := len(text.splitlines())) > LONGEST:
        warnings.warn(f"{named(path)} has {lines} lines: is it one idea?", stacklevel=1)
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    assert ast.get_docstring(tree) or not tree.body, "begins with a docstring that says what it is for"
    if path.name not in SPEAKERS:
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        printed = [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"]
        assert not printed, f"prints in lines {printed}: use logging, or return what is to be shown"
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.split(".")[0] in ("notebooks", "tests")}, "helpers import no lesson"


def test_each_package_exports_the_names_that_are_meant() -> None:
    told = re.findall(r"^\| `(helpers[\w.]*)` \| (.+)", (PROJECT / "docs/architecture.md").read_text("utf-8"), re.M)
    meant = {package: re.findall(r"\w+", names) for package, names in told}
    packages = [".".join(path.relative_to(PROJECT).parts[:-1]) for path in MODULES if path.name == "__init__.py"]
    names = {package: getattr(importlib.import_module(package), "__all__", ()) for package in packages}
    assert {package: found for package, found in names.items() if found} == meant


def test_no_two_errors_share_a_name() -> None:
    texts = [path.read_text("utf-8") for path in MODULES]
    classes = [found for text in texts for found in re.findall(r"^ *class (\w+)\(([^)]+)\):", text, re.M)]
    errors = [name for name, bases in classes if re.search("Error|Exception", bases)]
    assert len(errors) > 20
    assert len(errors) == len(set(errors)), [name for name in errors if errors.count(name) > 1]


def test_no_file_names_a_folder_of_one_machine() -> None:
    texts = [*MODULES, *PROJECT.glob("*.*"), PROJECT / "Makefile", *PROJECT.glob(".binder/*"), *PROJECT.glob(".ci/*")]
    # Neither git's own, in a second tree, nor what `make coverage` writes.
    texts = [path for path in texts if path.is_file() and not path.name.startswith((".git", ".coverage"))]
    pattern = re.compile(r"(?<![\w./])/(?:home|root|work|Users)/\w|file:///")
    found = [named(path) for path in texts if pattern.search(path.read_text("utf-8"))]
    assert found == []


def test_no_line_is_longer_than_120_characters_but_in_tables_and_addresses() -> None:
    where = ("[!.]*.[mt]*", "[adht]*/**/*.md", "tests/*.toml", ".binder/*", ".env.example")
    texts = {named(path): path.read_text("utf-8").splitlines() for pattern in where for path in PROJECT.glob(pattern)}
    long = [(name, line) for name, lines in texts.items() for line in lines if len(line) > 120]
    assert len(texts) > 15
    assert [line for line in long if not re.match(r"\||.*://", line[1])] == []


# --- versions --------------------------------------------------------------------------------------------------------


def test_lock_holds_names_versions_and_markers_and_nothing_else() -> None:
    lines = (PROJECT / "requirements.lock").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert [line for line in lines[1:] if not re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9_.!-]+( ; .+)?", line)] == []
    assert KIT["name"] not in lock()


PROMISED = [
    {"python_version": version[: version.rindex(".")], "python_full_version": version, "sys_platform": system,
     "os_name": "nt" if system == "win32" else "posix", "platform_machine": "x86_64"}
    for version in ("3.11.0", "3.11.2", "3.12.1", "3.13.0", "3.14.0")
    for system in ("linux", "darwin", "win32")
]  # fmt: skip


@pytest.mark.parametrize("place", PROMISED, ids=lambda place: f"{place['python_full_version']}-{place['sys_platform']}")
def test_lock_pins_every_dependency_once_and_inside_its_range(place: dict[str, str]) -> None:
    here = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate(place)]
    locked = {canonicalize_name(pin.name): pin.specifier for pin in here}
    assert len(locked) == len(here), "one version of each"
    texts = KIT["dependencies"] + [text for extra in KIT["optional-dependencies"].values() for text in extra]
    for need in map(Requirement, texts):
        version = str(locked.get(canonicalize_name(need.name), "none")).removeprefix("==")
        assert version != "none", f"{need.name} is not in requirements.lock: run `make lock`"
        assert SpecifierSet(str(need.specifier)).contains(version), f"{need} is locked to {version}"


def test_the_oldest_python_and_ruff_are_the_same_wherever_they_are_named() -> None:
    oldest = KIT["requires-python"].removeprefix(">=")
    assert ".".join(map(str, lab.OLDEST)) == TABLES["tool"]["mypy"]["python_version"] == oldest
    assert TABLES["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"- python >={oldest}," in (PROJECT / "environment.yml").read_text("utf-8")
    assert f"rev: v{lock()['ruff']}\n" in (PROJECT / ".pre-commit-config.yaml").read_text("utf-8")


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
    assert "- -e .[lab,speech,test]\n" in conda, "pytest is for the last lesson"
    assert '-c requirements.lock -e ".[lab,speech,test,binder]"' in (PROJECT / ".binder" / "postBuild").read_text(
        "utf-8"
    )


def test_no_kernel_warns_that_it_runs_without_encryption() -> None:
    for name in ("lab.py", "environment.yml", "README.md"):
        assert "--MappingKernelManager.transport_encryption=auto" in (PROJECT / name).read_text("utf-8"), name
    binder = (PROJECT / ".binder" / "postBuild").read_text("utf-8")
    assert '"MappingKernelManager": {"transport_encryption": "auto"}' in binder


def test_wheel_holds_all_that_is_not_python_and_the_sounds() -> None:
    data = TABLES["tool"]["setuptools"]["package-data"]
    files = [file for file in (PROJECT / "helpers").rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert {f"**/*{file.suffix}" for file in files} - {"**/*.py"} == set(data["voice_call_kit"])
    sounds = {file.name for pattern in data["voice_call_kit.sounds"] for file in (PROJECT / "audio").glob(pattern)}
    assert {"greeting.mp3", "jingle.wav", "music.mp3", "unfit.wav", "README.md"} <= sounds


def test_a_kernel_of_the_wheel_knows_the_kit_as_helpers_if_nobody_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = json.loads((PROJECT / "helpers/settings/ipython_kernel_config.json").read_text("utf-8"))
    assert config == {"InteractiveShellApp": {"extensions": ["voice_call_kit"]}}
    assert 'else "voice_call_kit"' in (PROJECT / "setup.py").read_text("utf-8")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = list(sys.meta_path)
    helpers.load_ipython_extension(None)
    assert sys.meta_path[:-1] == before, "whoever has a module of that name is asked first"
    found = sys.meta_path[-1].find_spec("helpers", None)
    assert found is not None and found.submodule_search_locations == helpers.__path__
    assert sys.meta_path[-1].find_spec("helpers.kit", None) is None, "which is found as usual, in the package"


def test_changelog_tells_of_this_version() -> None:
    assert f"## [{KIT['version']}] - 20" in (PROJECT / "CHANGELOG.md").read_text("utf-8")

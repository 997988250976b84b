"""The folder for a USB stick: what is in it, and that it is enough for its target."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import lab
from classroom import bundle

WANTED = os.environ.get("BUNDLE", "").split()  # for example: BUNDLE="windows 3.12"


@pytest.fixture
def stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a few files, some of which are nobody else's business."""
    for name in ("helpers/a.py", "helpers/__pycache__/a.pyc", "notebooks/heard/me.wav", "notebooks/a.key", ".env"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in (".gitignore", "lab.py", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((lab.PROJECT / name).read_bytes())
    monkeypatch.setattr(bundle, "PROJECT", tmp_path)
    monkeypatch.setattr(bundle, "FILES", ("helpers", "notebooks", "lab.py"))
    return tmp_path / "stick"


def test_nothing_of_one_s_own_goes_onto_the_stick(stick: Path) -> None:
    bundle.copy_kit(stick)
    files = sorted(file.relative_to(stick).as_posix() for file in stick.rglob("*") if file.is_file())
    assert files == ["helpers/a.py", "lab.py"]


def test_everything_that_is_copied_is_there() -> None:
    assert [name for name in bundle.FILES if not (lab.PROJECT / name).exists()] == []


def test_an_unknown_target_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle.main(["beos"]) == 2
    assert re.match(r"There is no target beos: it is one of linux, .*windows\.", capsys.readouterr().err)


def test_this_machine_is_a_target() -> None:
    assert bundle.here() in bundle.TARGETS


@pytest.mark.skipif(not WANTED, reason='fetches 100 MB: BUNDLE="windows macos linux" names what to try')
def test_a_target_is_resolved_from_its_folder_alone() -> None:
    assert bundle.main(WANTED) == 0  # it looks by itself, so here it must notice what is missing
    targets = [word for word in WANTED if not word.startswith("3.")] or [bundle.here()]
    versions = [word for word in WANTED if word.startswith("3.")] or bundle.VERSIONS
    folder = lab.PROJECT / "dist" / "-".join([bundle.NAME, *targets])
    for wheel in folder.glob("wheels/numpy-*"):
        wheel.unlink()
    with lab.uv_python() as python:
        for target in targets:
            with pytest.raises(lab.Trouble, match="numpy"):
                bundle.check(python, folder, target, versions[0])

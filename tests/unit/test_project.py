"""Where the project is: what is looked for first, who shares it, and what is said where it cannot be written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.settings import project as module
from helpers.settings.env_file import read_env
from helpers.settings.project import audio, place_for, project, put_sounds, shared, sounds
from helpers.settings.settings import SettingsError, load_settings

CHECKOUT = Path(__file__).resolve().parents[2]
LESSON = json.dumps({"cells": [{"cell_type": "code", "source": ["from helpers import setup\n"]}]})
SOUNDS = ("greeting.mp3", "hold.mp3", "jingle.mp3", "music.mp3", "unfit.wav")


@pytest.fixture(autouse=True)
def _looked_for_anew(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("KIT_HOME", raising=False)
    project.cache_clear()
    yield
    project.cache_clear()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home folder, the working folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The helpers as a wheel has them: no checkout around them, and the sounds in them."""
    helpers = tmp_path / "site-packages" / "helpers"
    shutil.copytree(CHECKOUT / "audio", helpers / "sounds")
    monkeypatch.setattr(module, "_HELPERS", helpers)
    return helpers


def with_lessons(folder: Path) -> Path:
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "06-play.ipynb").write_text(LESSON, "utf-8")
    return folder


# --- where it is looked for ---


def test_it_is_the_nearest_folder_above_the_notebook(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lessons(home)
    inner = with_lessons(home / "class" / "kit")
    monkeypatch.chdir(inner / "notebooks")
    assert project() == inner


def test_a_stranger_s_folder_of_that_name_does_not_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = with_lessons(home / "kit")
    (mine / "work" / "notebooks").mkdir(parents=True)
    (mine / "work" / "notebooks" / "01-pandas.ipynb").write_text('{"cells": []}', "utf-8")
    monkeypatch.chdir(mine / "work" / "notebooks")
    assert project() == mine


def test_kit_home_goes_before_everything(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lessons(home)
    monkeypatch.setenv("KIT_HOME", "~/mine")
    assert project() == home / "mine"
    assert load_settings({}).dotenv == home / "mine" / ".env"


def test_kit_home_that_is_a_file_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "mine").touch()
    monkeypatch.setenv("KIT_HOME", str(home / "mine"))
    with pytest.raises(Exception, match=r"KIT_HOME is .*mine, which is not a folder"):
        project()


def test_without_lessons_around_it_is_the_checkout_of_the_helpers(home: Path) -> None:
    assert project() == CHECKOUT


def test_a_checkout_that_cannot_be_written_is_not_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != CHECKOUT)
    assert project() == home / "voice-call-notebooks"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows does not say whose a file is")
def test_a_checkout_of_somebody_else_s_is_not_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: CHECKOUT.stat().st_uid + 1)
    assert project() == home / "voice-call-notebooks"


def test_installed_helpers_keep_their_state_in_the_home_folder(home: Path, elsewhere: Path) -> None:
    assert project() == home / "voice-call-notebooks"
    settings = load_settings({})
    assert settings.state == home / "voice-call-notebooks" / ".simulator" / "account.json"
    assert list(home.iterdir()) == [], "looking makes nothing"


def test_a_kernel_keeps_its_project_whatever_folder_it_goes_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = with_lessons(home / "one")
    monkeypatch.chdir(first)
    assert project() == first
    monkeypatch.chdir(with_lessons(home / "two"))
    assert project() == first


def test_nothing_is_decided_when_the_helpers_are_imported(home: Path) -> None:
    with_lessons(home)
    code = "import os, helpers.kit; os.chdir('notebooks'); from helpers.settings import load_settings; "
    code += "print(load_settings({}).dotenv)"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=home, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(home / ".env")


# --- sounds ---


def test_a_project_with_sounds_of_its_own_keeps_to_them(home: Path, elsewhere: Path) -> None:
    with_lessons(home)
    (home / "audio").mkdir()
    put_sounds()
    assert audio() == home / "audio"
    assert list((home / "audio").iterdir()) == []


def test_lessons_that_came_without_sounds_get_them(home: Path, elsewhere: Path) -> None:
    with_lessons(home)
    assert audio() == elsewhere / "sounds"
    put_sounds()
    assert audio() == home / "audio"
    assert {*SOUNDS, "README.md"} <= {file.name for file in (home / "audio").iterdir()}
    assert not list((home / "audio").glob("*.py"))
    assert sorted(file.name for file in home.iterdir()) == ["audio", "notebooks"]


def test_a_home_folder_that_is_closed_to_us_leaves_the_kit_s_own_sounds(
    home: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", lambda path: closed(path) if home in path.parents else True)
    put_sounds()
    assert audio() == elsewhere / "sounds"


def test_without_lessons_nothing_is_put_anywhere(home: Path, elsewhere: Path) -> None:
    put_sounds()
    assert list(home.iterdir()) == []
    assert audio() == sounds() == elsewhere / "sounds"


def test_what_a_notebook_makes_goes_beside_it_or_else_into_the_project(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_HOME", str(home / "mine"))
    (home / "lessons").mkdir()
    monkeypatch.chdir(home / "lessons")
    assert place_for("heard") == Path("heard")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert place_for("heard") == Path("../mine/heard")
    assert place_for(home / "x") == home / "x"


# --- who shares it, and what cannot be written ---


def test_own_files_are_not_remarked_upon(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lessons(home)
    (home / ".env").touch()
    assert shared(home / ".env", home / "not-there") == ""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows does not say whose a file is")
def test_a_file_of_somebody_else_s_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lessons(home)
    (home / ".env").touch()
    owner = (home / ".env").owner()
    monkeypatch.setattr(os, "geteuid", lambda: (home / ".env").stat().st_uid + 1)
    said = shared(home / ".env")
    assert f".env in {home} belongs to {owner}: you share it." in said
    assert "KIT_HOME" in said


def test_state_that_lies_with_the_helpers_is_told(home: Path) -> None:
    assert f"Account and .env are in {CHECKOUT}, with the helpers" in shared()


def test_state_that_cannot_be_written_says_which_folder_and_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = load_settings({}, tmp_path / "new.env")
    settings.use(state=tmp_path / "file" / "account.json")
    with pytest.raises(SettingsError, match=r"account\.env cannot be written in .*file") as caught:
        settings.save(number="447700900000")
    assert "KIT_HOME" in str(caught.value)


def test_the_example_file_says_how_to_name_the_folder() -> None:
    example = CHECKOUT / ".env.example"
    assert "KIT_HOME" in example.read_text("utf-8")
    assert "KIT_HOME" not in read_env(example), "it says where .env is, so it cannot stand in it"

"""Tables, players and spectra for lessons: something to look at, and the same facts in words."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from helpers.base.errors import KitError
from helpers.base.grid import grid
from helpers.views.player import listen

AUDIO = Path(__file__).resolve().parents[2] / "audio"
TIME = np.arange(16000) / 16000


def tone(hertz: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * TIME)).astype(np.float32)


def test_grid_says_the_same_twice() -> None:
    view = grid(["status", "meaning"], [["busy", "The line is engaged."]], "Calls")
    assert str(view) == "Calls\nstatus  meaning\nbusy    The line is engaged."
    assert "<caption" in view.bundle["text/html"]
    assert "The line is engaged." in view.bundle["text/html"]


def test_grid_escapes_and_shortens_what_came_from_the_network() -> None:
    view = grid(["a", "b"], [["<script>", "x\n" * 500]], limit=20)
    assert "<script>" not in view.bundle["text/html"]
    assert max(map(len, str(view).splitlines())) < 40


def test_a_short_row_is_filled_up() -> None:
    assert str(grid(["route", "first"], [["by hand"]])) == "route    first\nby hand"


def test_a_file_is_played_from_where_it_is() -> None:
    view = listen(AUDIO / "jingle.mp3", "The jingle")
    assert str(view).startswith("The jingle: MP3 mono 16000 Hz, 2.7 s\n")
    assert 'aria-label="The jingle"' in view.bundle["text/html"]
    assert len(view.bundle["text/html"]) < 3000


def test_samples_are_written_beside_the_lesson(tmp_path: Path) -> None:
    view = listen(tone(440), "On the <phone>", rate=16000, folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["on-the-phone.wav"]
    assert "WAV mono 16000 Hz, 1.0 s" in str(view)
    assert "<phone>" not in view.bundle["text/html"]


@pytest.mark.parametrize("name", ["jingle.mp3", "jingle.wav"])
def test_a_downloaded_file_is_written_as_what_it_is(tmp_path: Path, name: str) -> None:
    data = (AUDIO / name).read_bytes()
    view = listen(data, "My recording", folder=tmp_path / "heard")
    (file,) = (tmp_path / "heard").iterdir()
    assert (file.name, file.read_bytes()) == (f"my-recording{file.suffix}", data)
    assert file.suffix == Path(name).suffix
    assert "16000 Hz, 2." in str(view)
    assert quote(file.as_posix()) in view.bundle["text/html"]


def test_bytes_that_are_no_sound_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(KitError, match="JSON"):
        listen(b'{"type": "UNAUTHORIZED"}', "Recording", folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_samples_need_their_rate() -> None:
    with pytest.raises(KitError, match="rate=8000"):
        listen(tone(440), "No rate")

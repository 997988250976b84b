"""The install check: every line it can print, green and red."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import check

SOUND = """
import sys, numpy, soundfile
soundfile.write(sys.argv[1], numpy.zeros(16000), 16000, format="MP3")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files the check reads, free to be spoilt."""
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(check.CHECKOUT / name, tmp_path / name)
    (tmp_path / "audio").mkdir()
    return tmp_path


def spoil(project: Path, old: str, new: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_python_that_is_new_enough() -> None:
    assert check.check_python() == ".".join(map(str, sys.version_info[:3]))


def test_python_that_is_too_old(project: Path) -> None:
    spoil(project, '">=3.11"', '">=9.1"')
    with pytest.raises(check.CheckFailed, match=r"needs >=9\.1") as caught:
        check.check_python(project)
    assert "newer Python" in caught.value.cure


def test_packages_of_this_environment() -> None:
    assert "in the versions that were tested" in check.check_packages()


def test_package_that_is_missing(project: Path) -> None:
    spoil(project, '"flask>=3.1,<4"', '"no-such-package-here>=1"')
    with pytest.raises(check.CheckFailed, match="no-such-package-here is missing") as caught:
        check.check_packages(project)
    assert "requirements.lock" in caught.value.cure


def test_package_that_is_too_old(project: Path) -> None:
    spoil(project, '"flask>=3.1,<4"', '"flask>=77"')
    with pytest.raises(check.CheckFailed, match=r"flask is \d.*, the kit needs >=77"):
        check.check_packages(project)


def test_package_in_another_version_than_tested_is_named_but_not_red(project: Path) -> None:
    lock = project / "requirements.lock"
    lock.write_text("Flask==0.1\n", "utf-8")
    assert check.check_packages(project).endswith("other versions than tested: flask")


def test_lock_with_markers_is_read_for_this_python(project: Path) -> None:
    lines = "flask==0.1 ; python_version < '3'\nflask==0.2 ; python_version >= '3'\n"
    (project / "requirements.lock").write_text(lines, "utf-8")
    assert check._tested(project)["flask"] == "0.2"


def test_without_a_checkout_the_package_itself_says_what_it_needs(tmp_path: Path) -> None:
    assert check.check_python(tmp_path) == check.check_python()
    count = re.match(r"\d+ of \d+", check.check_packages())
    assert count and check.check_packages(tmp_path) == count[0]


def test_folder_that_keeps_the_state_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check, "project", lambda: tmp_path / "new")
    assert check.check_folder() == f"account and .env are kept in {tmp_path / 'new'}"


def test_folder_that_cannot_be_written_is_red_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "project", lambda: Path("/proc/kit"))
    with pytest.raises(check.CheckFailed, match="/proc/kit cannot be written") as caught:
        check.check_folder()
    assert "KIT_HOME" in caught.value.cure


def test_server_answers_and_stops() -> None:
    assert check.check_server().endswith("answered")


def test_server_behind_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(check.CheckFailed, match="cannot be reached") as caught:
        check.check_server()
    assert "NO_PROXY" in caught.value.cure


def test_audio_that_decodes(project: Path) -> None:
    # In a process of its own, as the MP3 encoder is not what is tested here.
    subprocess.run([sys.executable, "-c", SOUND, str(project / "audio" / "tone.mp3")], check=True)
    assert check.check_audio(project / "audio") == "tone.mp3: MP3, 1.0 s at 16000 Hz"


def test_audio_that_is_missing(project: Path) -> None:
    with pytest.raises(check.CheckFailed, match="no MP3"):
        check.check_audio(project / "audio")


def test_audio_that_is_not_audio(project: Path) -> None:
    (project / "audio" / "tone.mp3").write_text("<html>not found</html>", "utf-8")
    with pytest.raises(check.CheckFailed, match=r"tone\.mp3 cannot be decoded"):
        check.check_audio(project / "audio")


@pytest.mark.slow
def test_kernel_starts_answers_and_is_gone() -> None:
    assert "answered" in check.check_kernel()


def test_kernel_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    import jupyter_client.manager

    def refuse(**_: object) -> None:
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(jupyter_client.manager, "start_new_kernel", refuse)
    with pytest.raises(check.CheckFailed, match="no kernel starts: RuntimeError: Kernel died"):
        check.check_kernel()


def test_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "NEEDED_MB", 10**12)
    with pytest.raises(check.CheckFailed, match="MB free"):
        check.check_disk()


def test_missing_speech_is_named_but_not_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    (speech,) = check.findings({})
    assert speech.ready is None
    assert str(speech).startswith("--  Speech    talk will be a murmur")


def test_a_check_that_breaks_is_a_red_line_not_the_end() -> None:
    broken, speech = check.findings({"Broken": lambda: str(1 / 0)})
    assert (broken.ready, speech.name) == (False, "Speech")
    assert str(broken).startswith("NO  Broken    ZeroDivisionError: division by zero\n")
    assert "-> Run `python lab.py` again" in str(broken)


def test_report_and_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def red() -> str:
        raise check.CheckFailed("it rains", "Take an umbrella.")

    def report(checks: dict[str, object]) -> tuple[int, str]:
        monkeypatch.setattr(check, "CHECKS", checks)
        return check.main(), capsys.readouterr().out

    code, text = report({"Weather": lambda: "sunny"})
    assert (code, text.splitlines()[0]) == (0, "ok  Weather   sunny")
    assert text.endswith("Ready for class.\n")

    code, text = report({"Weather": red})
    assert (code, text.splitlines()[:2]) == (1, ["NO  Weather   it rains", "              -> Take an umbrella."])
    assert text.endswith("Not ready: 1 of the checks above say NO.\n")

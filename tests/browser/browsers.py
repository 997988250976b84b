"""The browsers that a page is tested in: Debian's Chromium, and its Firefox with a loudspeaker that nobody hears."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, sync_playwright

from helpers.settings.project import audio

NAMES = ("chromium", "firefox")
PATIENCE = 60_000  # milliseconds to wait at most: where all is well nothing waits that long, but a busy machine may
# First the one without a window: all of Chromium but its frame, for a quarter less of the processor.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOX = ("firefox-esr", "firefox")
# No background traffic: it would fail without a network, and is nothing to do with the lessons.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A microphone that hears a greeting, and nobody who has to allow it.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    f"--use-file-for-fake-audio-capture={audio() / 'greeting.wav'}",
]
# Runs in Playwright's own process, before what it sends to Firefox. In each new context it says which colours a page is
# to prefer: Firefox 153 has no such command, and none is needed here. And whatever it asks a page it passes off as a
# click of the user's; then no page ever has to wait for one.
MENDED = """const { stringify } = JSON;
JSON.stringify = (value, ...more) => {
  if (value?.method === "emulation.setMediaFeaturesOverride") {
    value = { ...value, method: "session.status", params: {} };
  }
  if (value?.params?.userActivation) value.params.userActivation = false;
  return stringify(value, ...more);
};"""

Launch = Callable[[bool], Browser]


@contextmanager
def launching(name: str, downloads: Path) -> Iterator[Launch]:
    """What starts a headless browser of this name; ``True``: it plays sound before a click, too."""
    with _chromium(downloads) if name == "chromium" else _firefox(downloads) as launch:
        yield launch


@contextmanager
def _chromium(downloads: Path) -> Iterator[Launch]:
    path = _installed("Chromium", "chromium-headless-shell", *CHROMIUM)

    def launch(autoplay: bool) -> Browser:
        policy = "no-user-gesture-required" if autoplay else "document-user-activation-required"
        options = [*CHROMIUM_OPTIONS, f"--autoplay-policy={policy}"]
        return playwright.chromium.launch(executable_path=path, args=options, downloads_path=downloads)

    with sync_playwright() as playwright:
        yield launch


@contextmanager
def _firefox(downloads: Path) -> Iterator[Launch]:
    path = _installed("Firefox", "firefox-esr", *FIREFOX)

    def launch(autoplay: bool) -> Browser:
        preferences = {
            "media.autoplay.default": 0 if autoplay else 1,
            "media.autoplay.blocking_policy": 0,
            "ui.prefersReducedMotion": 1,
            "layout.frame_rate": 8,  # drawn without a graphics card, sixty times a second take most of a core
            "fission.autostart": False,  # one process for all pages, and none that waits for the next one
            "dom.ipc.processPrelaunch.enabled": False,
            "dom.max_script_run_time": 0,  # else it ends JupyterLab's own script, if a busy machine takes 10 s for it
        }
        browser = playwright.firefox.launch(
            channel="moz-firefox", executable_path=path, env=os.environ | speaker, downloads_path=downloads,
            firefox_user_prefs=preferences,
        )  # fmt: skip
        browser.new_page()  # Firefox quits when its last window is closed
        return browser

    with pytest.MonkeyPatch.context() as world, _loudspeaker() as speaker:
        world.setenv("NODE_OPTIONS", f"--import=data:text/javascript,{quote(MENDED)}")
        with sync_playwright() as playwright:
            world.undo()
            yield launch


@contextmanager
def _loudspeaker() -> Iterator[dict[str, str]]:
    """A sound server with nothing behind it, and what a program's environment needs for it to play there.

    Without any sound device the time of Firefox's Web Audio stands still.
    """
    path = _installed("PulseAudio", "pulseaudio", "pulseaudio")
    with tempfile.TemporaryDirectory(prefix="sound-") as folder:  # a short name: that of a socket must be
        socket = Path(folder, "socket")
        own = {"HOME": folder, "XDG_RUNTIME_DIR": folder, "PULSE_SERVER": f"unix:{socket}"}
        modules = ("module-null-sink", f"module-native-protocol-unix socket={socket} auth-anonymous=1")
        command = [path, "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-target=stderr", "--log-level=error"]
        server = subprocess.Popen([*command, *(part for module in modules for part in ("-L", module))],
                                  env=os.environ | own, stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            while not socket.exists():
                assert server.poll() is None, f"PulseAudio ended with {server.returncode}"
                time.sleep(0.01)
            yield own
        finally:
            server.terminate()
            server.wait(20)


def _installed(name: str, package: str, *programs: str) -> str:
    """Where the first of these programs is. Where there is none the test is skipped, but in CI it fails."""
    for program in programs:
        if found := shutil.which(program):
            return found
    missing = f"{name} is not installed (Debian: apt-get install {package})"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)

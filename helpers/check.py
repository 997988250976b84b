"""Is this machine ready for a class? ``python -m helpers.check`` answers, one line a check, with what to do on a NO."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from subprocess import DEVNULL

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from .base.errors import KitError
from .base.findings import Check, CheckFailed, Finding, Unknown, look
from .base.text import print_anything
from .settings.project import KIT_HOME_CURE, project, sounds
from .settings.proxy import pass_by
from .settings.settings import load_settings

KIT = "voice-call-notebooks"
CHECKOUT = Path(__file__).resolve().parents[1]
NEEDED_MB = 300
INSTALL_AGAIN = 'Run `python lab.py` again, or: pip install -c requirements.lock -e ".[lab,speech,test]"'


def check_python(checkout: Path = CHECKOUT) -> str:
    """The running Python's version, if it is new enough for the kit."""
    wanted, _ = _needs(checkout)
    version = ".".join(map(str, sys.version_info[:3]))
    if not _fits(version, wanted):
        raise CheckFailed(f"{version}, but the kit needs {wanted}", "Install a newer Python, then: python lab.py clean")
    return version


def check_packages(checkout: Path = CHECKOUT) -> str:
    """How many packages are there, if each is there in a version that the kit allows."""
    _, wanted = _needs(checkout)
    wrong = [problem for need in wanted if (problem := _wrong(need.name, str(need.specifier)))]
    if wrong:
        raise CheckFailed("; ".join(wrong), INSTALL_AGAIN)
    tested = _tested(checkout)
    other = [n.name for n in wanted if tested.get(canonicalize_name(n.name)) not in (None, metadata.version(n.name))]
    note = f", other versions than tested: {', '.join(other)}" if other else ", in the versions that were tested"
    return f"{len(wanted)} of {len(wanted)}{note if tested else ''}"


def check_server() -> str:
    """The port of a web server that was started, asked and stopped again."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    import requests

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    try:
        server = HTTPServer(("127.0.0.1", 0), Hello)
    except OSError as error:
        raise CheckFailed(f"no port can be opened on 127.0.0.1: {error}", "Allow Python in your firewall.") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        requests.get(f"http://127.0.0.1:{server.server_port}/", timeout=5).raise_for_status()
    except requests.RequestException as error:
        cure = "A proxy or firewall stands between. Try: export NO_PROXY=127.0.0.1,localhost"
        raise CheckFailed(f"a server on this machine cannot be reached: {error}", cure) from error
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return f"a server on 127.0.0.1:{server.server_port} answered"


def check_audio(folder: Path | None = None) -> str:
    """What the kit's first MP3 decodes to."""
    folder = folder or sounds()
    files = sorted(folder.glob("*.mp3"))
    if not files:
        raise CheckFailed(f"there is no MP3 in {folder}", "Download the kit again: its sounds are missing.")
    try:
        import soundfile

        info = soundfile.info(files[0])
        samples, rate = soundfile.read(files[0], dtype="float32")
    except (ImportError, OSError, RuntimeError) as error:
        raise CheckFailed(f"{files[0].name} cannot be decoded: {error}", INSTALL_AGAIN) from error
    return f"{files[0].name}: {info.format}, {len(samples) / rate:.1f} s at {rate} Hz"


def check_speech() -> str:
    """That `talk` speaks; it is optional."""
    try:
        import espeakng_loader

        if not Path(espeakng_loader.get_library_path()).exists():
            raise ImportError("espeakng_loader came without its library")
    except (ImportError, OSError) as error:
        cure = 'Optional, for spoken words: pip install -c requirements.lock -e ".[lab,speech,test]"'
        raise Unknown(f"talk will be a murmur with a caption ({error})", cure) from error
    return "the action talk will be spoken"


def check_kernel() -> str:
    """What a real notebook kernel answered, from the working folder."""
    from jupyter_client.manager import start_new_kernel

    try:
        manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3", stderr=DEVNULL)
    except Exception as error:
        raise CheckFailed(f"no kernel starts: {type(error).__name__}: {error}", INSTALL_AGAIN) from error
    try:
        asked = {"answer": "__import__('sys').executable", "kit": "__import__('helpers').__file__"}
        reply = client.execute("", user_expressions=asked, reply=True, timeout=60)["content"]["user_expressions"]
    except (TimeoutError, RuntimeError) as error:
        raise CheckFailed(f"the kernel does not answer: {error}", "Restart the machine, then check again.") from error
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        with contextlib.suppress(AttributeError):
            manager.context.destroy(linger=0)
    if reply["kit"]["status"] != "ok":
        raise CheckFailed("the kernel does not find the kit's helpers", INSTALL_AGAIN)
    return "a notebook kernel started and answered"


def check_folder() -> str:
    """Which folder keeps the account, ``.env`` and what is heard, if it can be written."""
    folder = project()
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            pass
    except OSError as error:
        raise CheckFailed(f"{folder} cannot be written: {error.strerror}", KIT_HOME_CURE) from error
    return f"account and .env are kept in {folder}"


def check_disk() -> str:
    """How much room there is."""
    free = shutil.disk_usage(_existing(project())).free // 10**6
    if free < NEEDED_MB:
        raise CheckFailed(f"{free} MB free, {NEEDED_MB} MB are wanted", "Delete something, or move the kit's folder.")
    return f"{free} MB free"


CHECKS: dict[str, Check] = {
    "Python": check_python,
    "Packages": check_packages,
    "Server": check_server,
    "Audio": check_audio,
    "Kernel": check_kernel,
    "Folder": check_folder,
    "Disk": check_disk,
}


def findings(checks: Mapping[str, Check]) -> Iterator[Finding]:
    """Each check's finding as soon as it is known; speech, which is optional, last."""
    return look({**checks, "Speech": check_speech}, INSTALL_AGAIN)


def main() -> int:
    """Print the report; 0 when the machine is ready, 1 when a check is red."""
    print_anything()
    if around := pass_by():
        print(around)
    red = 0
    with _live_checks() as more:
        for finding in findings({**CHECKS, **more}):
            print(finding, flush=True)
            red += finding.ready is False
    print("\nReady for class." if not red else f"\nNot ready: {red} of the checks above say NO.")
    return 1 if red else 0


@contextlib.contextmanager
def _live_checks() -> Iterator[dict[str, Check]]:
    """What live mode needs besides; nothing in simulated mode."""
    try:
        settings = load_settings()
    except KitError as error:
        yield {"Settings": functools.partial(_fail, error)}
        return
    if not settings.live:
        yield {}
        return
    from .live.doctor import live_checks

    with live_checks(settings) as checks:
        yield checks


def _fail(error: KitError) -> str:
    raise CheckFailed(error.message, error.cure or "Correct .env, then check again.")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that there is."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _needs(checkout: Path) -> tuple[str, list[Requirement]]:
    """The Python and the packages that the kit needs: as a checkout says, which may be newer than what is installed."""
    file = checkout / "pyproject.toml"
    if file.exists():
        table = tomllib.loads(file.read_text("utf-8"))["project"]
        wanted = table["dependencies"] + table["optional-dependencies"]["lab"]
        return table["requires-python"], [Requirement(text) for text in wanted]
    needs = [Requirement(text) for text in metadata.requires(KIT) or ()]
    always = [need for need in needs if not need.marker or need.marker.evaluate({"extra": "lab"})]
    return metadata.metadata(KIT)["Requires-Python"], always


def _tested(checkout: Path) -> dict[str, str]:
    """The versions that a checkout's lock names for this Python and system; none where there is no lock."""
    file = checkout / "requirements.lock"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = [pin for pin in pins if not pin.marker or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def _wrong(name: str, specifier: str) -> str:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing"
    return "" if _fits(version, specifier) else f"{name} is {version}, the kit needs {specifier}"


def _fits(version: str, specifier: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)


if __name__ == "__main__":
    sys.exit(main())

"""Sets everything up in .venv and opens the lessons; tests, checks and measures the kit: python lab.py help

It needs Python and nothing else, on Linux, macOS and Windows. An old Python must get as far as saying that it is too
old, or finding a newer one beside it: so everything here is what Python 3.6 can read.
"""

import atexit
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OURS = VENV / "jupyter"  # what Jupyter and IPython keep: a start writes nothing outside the project
LOG = VENV / "pip.log"
OLDEST = (3, 11)
# Tried in this order. The lock is made for the oldest and holds up to 3.14.
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11", "python3.14", "python")
LEARNER, TESTER = "lab,speech,test", "lab,speech,test,dev"
LESSONS = "notebooks/*.ipynb"
# Plugins that only some commands want, and that take seconds to load in each worker.
LEAN = ("-p", "no:nbval", "-p", "no:schemathesis")
LOCK_HEAD = "# The versions that were tested: constraints for pip on every Python and system; renewed by 'make lock'.\n"
PATIENCE = 3  # seconds between two lines of progress where they stay, as in a log
LONGEST_RUNTIME = 50  # a socket's path may have 103 bytes on macOS, and Jupyter adds a name of about 50
# JupyterLab asks its news question in the browser, whatever the server is told.
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
HINTS = """\
try:
    from helpers.base.cell_errors import watch
except ImportError:  # a notebook of another project
    pass
else:
    watch()
    del watch
"""
# What pip says, and what it most likely means; the first that fits is told.
GUESSES = (
    (r"No space left|Errno 28", "The disk is full: delete something, then run the same command again."),
    (r"CERTIFICATE_VERIFY_FAILED", "Something between this machine and the package index is not trusted: a proxy?"),
    (
        r"Failed to establish|NameResolution|getaddrinfo|Temporary failure|timed out|ProxyError|connection broken",
        "Is this machine online? If it is, does it need a proxy (HTTPS_PROXY)? Then run the same command again.",
    ),
    (
        r"(?s)Looking in links: wheels.*No matching distribution",
        "The folder wheels was made for another system or another Python: START.txt says for which.",
    ),
    (r"Requires-Python|requires a different Python", "A package does not fit this Python: try another (PYTHON=...)."),
    (r"Permission denied|Errno 13", "Something in the folder .venv cannot be written: delete it, or ask its owner."),
)


class Trouble(Exception):
    """Ends the command: what is wrong, and what to do."""


# --- a Python ---


def version_of(python: str) -> str:
    """The version of a Python, such as 3.12.1; nothing if it does not run."""
    try:
        asked = [python, "-c", "import platform; print(platform.python_version())"]
        return subprocess.check_output(asked, stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def new_enough(version: str) -> bool:
    """Whether a version as text is one that the kit runs on."""
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= OLDEST


def makes_environments(python: str) -> bool:
    asked = [python, "-c", "import venv, ensurepip"]
    return subprocess.call(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def candidates() -> "list[str]":
    """The Python that was named, the one that runs this, and those that are usually there."""
    return [one for one in (os.environ.get("PYTHON"), sys.executable, *PYTHONS) if one]


def usable_python(pythons: "list[str]") -> "tuple[str, str]":
    """The first that is new enough and can make virtual environments, and its version. Raises Trouble."""
    seen = []
    for python in pythons:
        version = version_of(python)
        if not version:
            continue
        if not new_enough(version):
            seen.append(f"{python} is Python {version}: too old")
        elif not makes_environments(python):
            why = "cannot make virtual environments: on Debian and Ubuntu, install the package python3-venv"
            seen.append(f"{python} is Python {version}, but {why}")
        else:
            return python, version
    found = "".join(f"\n  {line}" for line in dict.fromkeys(seen))
    wanted = f"Install Python {'.'.join(map(str, OLDEST))} or newer"
    raise Trouble(
        f"No usable Python here.{found}\n{wanted}, then run this again (or name one: PYTHON=/path/to/python3)."
    )


# --- the environment ---


def mark(extras: str) -> Path:
    return VENV / (".ready" if extras == LEARNER else ".ready-test")


def wanted_mark() -> str:
    """What a finished set-up leaves: where it was made, as a moved one does not work, and what from."""
    files = (PROJECT / name for name in ("pyproject.toml", "requirements.lock"))
    return f"{PROJECT}\n{hashlib.sha256(b'|'.join(file.read_bytes() for file in files)).hexdigest()}\n"


def ready(extras: str) -> bool:
    try:
        return mark(extras).read_bytes().decode() == wanted_mark()
    except (OSError, UnicodeDecodeError):
        return False


def set_up(extras: str) -> None:
    """Make .venv and install what is missing, unless that was done."""
    if ready(extras):
        return
    if not new_enough(version_of(str(VENV_PYTHON))):
        make_environment(*usable_python(candidates()))
    own_home()
    install(extras)
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(NO_NEWS))
    for done in {LEARNER, extras}:
        mark(done).write_bytes(wanted_mark().encode())


def make_environment(python: str, version: str) -> None:
    remove(VENV)
    print(f"Making .venv with {python} (Python {version}) ...", flush=True)
    if subprocess.call([python, "-m", "venv", str(VENV)]):
        raise Trouble(f"The folder .venv could not be made in {PROJECT}: see above.")


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there; of a link, the link."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(str(path))


def install(extras: str) -> None:
    """Install the kit through the lock, saying how far it is; what pip says goes to a file."""
    print("Installing the packages into .venv; the first time this takes a minute or two.", flush=True)
    # Compiling all of it now takes a third of the time and 90 MB; what is used is compiled when it is used.
    options = ["--no-input", "--no-compile", "--progress-bar=off", "-c", "requirements.lock"]
    if (PROJECT / "wheels").is_dir():  # from a stick (make bundle), without internet
        options += ["--no-index", "--find-links=wheels"]
    command = [str(VENV_PYTHON), "-m", "pip", "install", *options, "-e", f".[{extras}]"]
    before = installed()
    with LOG.open("wb") as log:
        pip = subprocess.Popen(command, cwd=str(PROJECT), stdout=log, stderr=subprocess.STDOUT)
        show_progress(pip, before)
    said = LOG.read_bytes().decode("utf-8", "replace")
    if pip.returncode:
        raise Trouble(explained(said))


def show_progress(pip: "subprocess.Popen[bytes]", before: "set[str]") -> None:
    """A running count and a name: in place on a terminal, else a line every few seconds. Never a silent minute.

    ``before``: the packages that were there when pip began.
    """
    terminal, last, shown = sys.stdout.isatty(), 0.0, ""
    while pip.poll() is None:
        time.sleep(0.2)
        line = progress(LOG.read_bytes().decode("utf-8", "replace"), installed() - before)
        if line != shown and (terminal or time.time() - last > PATIENCE):
            print(f"\r{line:<70.70}" if terminal else line, end="" if terminal else "\n", flush=True)
            shown, last = line, time.time()
    count = len(installed() - before)
    print(f"{chr(13) if terminal else ''}{f'  {count} packages installed.':<70}".rstrip(" "), flush=True)


def installed() -> "set[str]":
    """The packages that are in .venv, by folder name."""
    where = "Lib/site-packages" if os.name == "nt" else "lib/python3*/site-packages"
    return {path.name.split("-")[0] for path in VENV.glob(f"{where}/*.dist-info")}


def progress(said: str, new: "set[str]") -> str:
    """How far pip is, from what it has said and which packages have become complete."""
    total = re.search(r"^Installing collected packages: (.*)", said, re.M)
    if total:
        names = total.group(1).split(", ")
        return f"  installing {len(new)} of {len(names)}: {names[min(len(new), len(names) - 1)]}"
    fetched = re.findall(r"^Collecting ([\w.-]+)", said, re.M)
    return f"  fetching package {len(fetched)}: {fetched[-1]}" if fetched else "  asking for the packages"


def explained(said: str) -> str:
    """Why pip failed: its own words first, then a guess if they allow one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reasons = [line for line in lines if re.match(r"error\b", line, re.I)] or lines[-10:]
    last_retry = [line for line in lines if line.startswith("WARNING: Retrying")][-1:]
    words = "\n".join("  " + line[:400] for line in dict.fromkeys(last_retry + reasons))
    guess = next(("\n" + guess for sign, guess in GUESSES if re.search(sign, said)), "")
    return f"The packages could not be installed. pip says:\n{words}{guess}\nAll of it: {LOG}"


def own_home() -> None:
    """Where the home folder cannot be written, programs get one of ours."""
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE") or ""
    if not (Path(home).is_dir() and os.access(home, os.W_OK)):
        (VENV / "home").mkdir(parents=True, exist_ok=True)
        os.environ["HOME"] = str(VENV / "home")


def own_settings() -> None:
    """Somebody else's Python settings do not leak into ours, and Jupyter keeps to the project."""
    # Without PYTHONDONTWRITEBYTECODE: with it each kernel and each test would compile everything anew.
    for name in ("PYTHONHOME", "PYTHONPATH", "JUPYTER_PATH", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
    os.environ.update(JUPYTER_PREFER_ENV_PATH="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    own_home()
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
    for name, folder in folders.items():
        os.environ.setdefault(name, str(OURS / folder))
    if "JUPYTER_RUNTIME_DIR" not in os.environ:
        os.environ["JUPYTER_RUNTIME_DIR"] = runtime_folder()
    os.environ["PATH"] = os.pathsep.join([str(VENV_PYTHON.parent), os.environ.get("PATH", os.defpath)])


def runtime_folder() -> str:
    """A folder for connection files, and for sockets, whose paths must be short."""
    folder = str(OURS / "run")
    if len(os.fsencode(folder)) > LONGEST_RUNTIME:
        places = [tempfile.gettempdir(), "/tmp"]  # the first is long on macOS; the second is not everywhere
        folder = tempfile.mkdtemp(prefix="kit-", dir=min((p for p in places if os.access(p, os.W_OK)), key=len))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# --- commands ---


def run(*words: str, option: str = "-m") -> int:
    """Run a module of the environment, in the project's folder; Ctrl-C and the end of this program end it."""
    told: list[int] = []  # to end, perhaps before the child is there: then it ends as soon as it is
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    child = subprocess.Popen([str(VENV_PYTHON), option, *words], cwd=str(PROJECT))
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    if told:
        child.terminate()
    # Ctrl-C reaches the child by itself, which ends in its own way.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def beside(*words: str) -> "Iterator[Callable[[], int]]":
    """Run a module at the same time; what is given waits for it, shows what it said, and returns its code."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([str(VENV_PYTHON), "-m", *words], cwd=str(PROJECT), stdout=said, stderr=said)

        def ended() -> int:
            code = child.wait()
            said.seek(0)
            shutil.copyfileobj(said, sys.stdout.buffer)
            sys.stdout.flush()
            return code

        try:
            yield ended
        finally:
            child.terminate()
            child.wait()


def lab(words: "list[str]") -> int:
    """open the lessons in JupyterLab (more options: --no-browser --port=9999)"""
    options = [
        f"--ServerApp.root_dir={PROJECT}",
        "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # Without it each kernel warns that it runs without encryption.
        "--MappingKernelManager.transport_encryption=auto",
        # It would ask npm for language servers, and there are none.
        "--LanguageServerManager.autodetect=False",
    ]
    hints()
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return run("jupyterlab", *options, *root, *words)


def hints() -> None:
    """Let a kernel that was restarted say what to do about a name that it does not know."""
    if os.environ["IPYTHONDIR"] == str(OURS / "ipython"):
        startup = OURS / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        (startup / "hints.py").write_text(HINTS)


def check(words: "list[str]") -> int:
    """is this machine ready for a class? one line each, and what to do on a red one"""
    return run("helpers.check", *words)


def restore(words: "list[str]") -> int:
    """put your Vonage account back as the lessons found it, where a notebook was cut off before it could"""
    return run("helpers.live", *words)


def live_first_run(words: "list[str]") -> int:
    """your first live calls, step by step: says what each costs, and asks; keeps what was on the wire"""
    return run("helpers.first_run", *words)


def test(words: "list[str]") -> int:
    """run all tests, then every lesson against its stored outputs (some: tests/unit -k phone)"""
    if words:
        return run("pytest", *words)
    with beside("tests.notebooks.validate", *files(LESSONS)) as ended:
        code = run("pytest", "tests", *LEAN, "-n", "4", "--dist", "loadfile")
        return ended() or code


def quick(words: "list[str]") -> int:
    """run the tests that are quick: no browser, no lessons, nothing hostile or slow"""
    lane = ["-m", "not (browser or hostile or slow or bench)"]
    lane += [f"--ignore=tests/{folder}" for folder in ("notebooks", "browser", "simulator/sdk")]
    return run("pytest", "tests", *LEAN, *lane, "--hypothesis-profile=quick", "-n", "3", "--dist", "worksteal", *words)


def notebooks(words: "list[str]") -> int:
    """run every lesson and store its outputs (some: notebooks/03-event-webhook.ipynb)"""
    return run("tests.notebooks.execute", *(words or files(LESSONS)))


def lessons(words: "list[str]") -> int:
    """run every lesson against its stored outputs (some: notebooks/03-event-webhook.ipynb)"""
    return run("tests.notebooks.validate", *(words or files(LESSONS)))


def lint(words: "list[str]") -> int:
    """look for mistakes without running anything"""
    code = run("ruff", "check", ".") or run("mypy")
    for config in ("pyproject.toml", *files("tests/import-types.toml")):
        contracts = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
        code = code or run(contracts, config, option="-c")
    return code


def bench(words: "list[str]") -> int:
    """measure, and compare with the targets"""
    return run("tests.bench", *words)


def hub_test(words: "list[str]") -> int:
    """try the example JupyterHub: three ring each other, thirty begin at once (needs Node.js; as root)"""
    return run("pytest", "tests/hub/hub_cases.py", "-s", *LEAN, *words)


def coverage(words: "list[str]") -> int:
    """run all tests and say which lines and branches of helpers/ none of them reached, also in htmlcov/"""
    reports = ("--cov-report=term", "--cov-report=html")
    return run("pytest", "--cov=helpers", *reports, *(words or ["tests", "-n", "2", "--dist", "loadfile"]))


def lock(words: "list[str]") -> int:
    """find the newest versions that fit pyproject.toml and write requirements.lock (one: --upgrade-package NAME)"""
    with tempfile.TemporaryDirectory(prefix="lock-") as folder, uv_python() as python:
        uv = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras", "--quiet"]
        new = Path(folder) / "lock"
        shutil.copy(str(PROJECT / "requirements.lock"), str(new))  # what it holds stays, unless it is to be renewed
        # For the oldest Python that is promised, whichever runs this; --universal: with markers for all others.
        resolve = ["--universal", "--python-version={}.{}".format(*OLDEST), "--no-annotate", "--no-header"]
        code = subprocess.call([*uv, *resolve, "-o", str(new), *(words or ["--upgrade"])], cwd=str(PROJECT))
        code = code or wheels_missing(uv, new)
        if not code:
            (PROJECT / "requirements.lock").write_bytes((LOCK_HEAD + new.read_text()).encode())
            print(f"requirements.lock: {new.read_text().count('==')} versions")
    return code


@contextlib.contextmanager
def uv_python() -> "Iterator[str]":
    """A Python that has uv, for as long as this goes on."""
    with tempfile.TemporaryDirectory(prefix="uv-") as folder:
        tools = Path(folder) / "venv"
        subprocess.check_call([usable_python(candidates())[0], "-m", "venv", str(tools)])
        python = str(tools / VENV_PYTHON.relative_to(VENV))
        subprocess.check_call([python, "-m", "pip", "install", "-q", "uv"])
        yield python


def bundle(words: "list[str]") -> int:
    """write a folder for a USB stick, to set up without internet (for others: windows macos linux)"""
    python = usable_python(candidates())[0]  # for others it can be written without setting up the lessons here
    return subprocess.call([python, "-m", "classroom.bundle", *words], cwd=str(PROJECT))


def wheels_missing(uv: "list[str]", new: Path) -> int:
    """Not 0 if a version in the lock is there only as source for a Python and a system that are promised."""
    for version in ("3.11", "3.14"):
        for system in ("linux", "macos", "x86_64-apple-darwin", "windows"):
            print(f"Is there a wheel of everything for Python {version} on {system}?", flush=True)
            options = ["--python-version=" + version, "--python-platform=" + system, "--only-binary=:all:"]
            code = subprocess.call([*uv, *options, "-c", str(new)], cwd=str(PROJECT), stdout=subprocess.DEVNULL)
            if code:
                return code
    return 0


def clean(words: "list[str]") -> int:
    """remove the environment and all caches (your .env and the simulator's account stay)"""
    caches = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", "htmlcov")
    made = (*files("*.egg-info"), *files(".coverage*"), *files("**/__pycache__"))
    for name in (".venv", "build", "dist", *caches, *made):
        remove(PROJECT / name)
    return 0


def files(pattern: str) -> "list[str]":
    return sorted(path.relative_to(PROJECT).as_posix() for path in PROJECT.glob(pattern))


def usage(words: "list[str]") -> int:
    """show this list"""
    name = "make" if "MAKELEVEL" in os.environ else "python lab.py"
    for command, (action, _) in COMMANDS.items():
        print(f"  {name} {command:<14} {action.__doc__}")
    return 0


# What each does, and what must be installed for it.
COMMANDS = {
    "help": (usage, ""),
    "lab": (lab, LEARNER),
    "check": (check, LEARNER),
    "restore": (restore, LEARNER),
    "live-first-run": (live_first_run, LEARNER),
    "test": (test, TESTER),
    "quick": (quick, TESTER),
    "notebooks": (notebooks, TESTER),
    "lessons": (lessons, TESTER),
    "lint": (lint, TESTER),
    "coverage": (coverage, TESTER),
    "bench": (bench, TESTER),
    "bundle": (bundle, ""),
    "hub-test": (hub_test, TESTER),
    "lock": (lock, LEARNER),
    "clean": (clean, ""),
}


def main(words: "list[str]") -> int:
    """Carry out a command; without one, or with options only, open the lessons."""
    for stream in (sys.stdout, sys.stderr):  # a console that lacks a sign, as that of a path, shows a ? for it
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if words[:1] in (["-h"], ["--help"]):
        words = ["help"]
    name = words.pop(0) if words and not words[0].startswith("-") else "lab"
    if name not in COMMANDS:
        usage([])
        print(f"There is no command {name}.", file=sys.stderr)
        return 2
    action, extras = COMMANDS[name]
    try:
        if extras:
            own_settings()
            set_up(extras)
            OURS.mkdir(exist_ok=True)  # IPython wants the folder above its own
        return action(words)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

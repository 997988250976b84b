"""Five secrets are planted; lessons run in live mode, with errors and with all logs: nobody finds one afterwards."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.settings.checks import SECRETS
from helpers.settings.settings import Settings, load_settings
from tests.forks import Forks
from tests.live.in_use import InUse, in_use
from tests.notebooks.lesson_env import CELL_TIMEOUT, NOTEBOOKS, lesson_environment
from tests.notebooks.sanitising import PROJECT
from tests.notebooks.test_lesson_07_live import MY_NUMBER, OTHER, PACE, result, start

LOGS = "import logging; logging.basicConfig(level=logging.DEBUG, filename='debug.log')"
# What goes wrong, and what looks into everything, in the words of somebody who does not know better.
LOOKING = """
import os, pickle, pprint, traceback
from pathlib import Path
import psutil
from helpers.line.control_plane import ControlPlane
from helpers.server import create_app
from helpers.settings import load_settings
from helpers.vonage import Vonage

here, settings = Path(os.environ["KIT_DOTENV"]), kit.settings
key = settings.key_file(settings.application_id).read_text()
Path("wrong").mkdir()
Path("wrong/.env").write_text(here.read_text() + "VONAGE_NUMBER=nobody\\n")
FIVE = {"key": key} | {name: value for name, value in vars(settings).items() if "secret" in name or "token" in name}
nowhere = replace(settings, api_url="http://127.0.0.1:9", vonage_url="")
app = create_app()
app.add_url_rule("/fails", "fails", lambda: {}[here.read_text() + key])
errors = []


def fail(what):
    try:
        what()
    except Exception as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        print("FAILED", type(error).__name__, *told.format())
        errors.append((error, vars(error)))


%xmode Verbose
---
fail(lambda: kit.keep(application=settings.private_key))
fail(lambda: kit.keep(application=key))
fail(lambda: kit.keep(application=key.splitlines()[3]))
fail(lambda: kit.keep(application=here.read_text()))
fail(lambda: settings.save(private_key=key[:800]))
fail(lambda: settings.use(api_secret=str(here), number=here.read_text()))
fail(lambda: load_private_key(key[:800]))
fail(lambda: load_settings(None, Path("wrong/.env")))
fail(lambda: Vonage(nowhere).list_applications())
fail(lambda: Vonage(nowhere).list_calls())
fail(lambda: Vonage(replace(settings, api_secret=settings.signature_secret)).list_applications())
fail(lambda: requests.get(f"{settings.api_url}/account/get-balance", params=FIVE, timeout=9).x)
fail(lambda: ControlPlane("http://127.0.0.1:9", settings.simulator_token).account())
---
kit.keep(application=here.read_text())
---
%tb
---
kit.serve(app)
requests.get(f"{kit.server.url}/fails", timeout=10)
kit.server.requests.show()
---
print(settings, vars(settings), kit.loaded, f"{settings.api_secret} {settings.ngrok_authtoken:>9}")
pprint.pprint([vars(kit), vars(kit.server), vars(kit.tunnel)])
Path("pickles").write_bytes(pickle.dumps([settings, vars(settings), errors]))
settings.simulator_token
---
%whos
---
me = psutil.Process()
print("RUNS", [process.cmdline() for process in (me, *me.children(recursive=True))])
---
logging.getLogger("mine").debug("%s %r", settings.api_secret, vars(settings))
"""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[InUse]:
    with in_use(tmp_path, pace=PACE) as account:
        yield account


def planted(account: InUse) -> dict[str, str]:
    """What ``.env`` says: who plays Vonage's part knows two of the secrets, and lesson 05 gets the private key."""
    own = account.network.account
    return {"VOICE_MODE": "live", "VONAGE_API_URL": account.network.url, "VONAGE_API_KEY": own.api_key,
            "VONAGE_API_SECRET": own.api_secret, "VONAGE_SIGNATURE_SECRET": own.signature_secret,
            "VONAGE_NUMBER": account.free, "MY_NUMBER": MY_NUMBER, "LIVE_BUDGET": "50", "LIVE_CALLS_A_MINUTE": "9999",
            "NGROK_AUTHTOKEN": "2aPlantedNgrokToken_5Xk2", "SIMULATOR_TOKEN": "planted-simulator-token",
            "CLASS_TOKEN": "planted-class-token", "LIVE_NUMBERS": OTHER}  # fmt: skip


def found_in(text: str, settings: Settings) -> set[str]:
    """Which of the secrets stand there: as they are, the private key in part, key and secret as Basic has them."""
    forms = {getattr(settings, name)[:]: name for name in SECRETS}
    assert len(forms) == len(SECRETS) and "" not in forms
    forms |= {line: "private_key" for line in settings.private_key.splitlines() if "-----" not in line}
    forms[base64.b64encode(f"{settings.api_key}:{settings.api_secret[:]}".encode()).decode()] = "api_secret"
    return {name for form, name in forms.items() if form in text}


@pytest.mark.slow
def test_no_secret_is_found_after_a_lesson_with_errors(account: InUse, tmp_path: Path) -> None:
    lesson = nbformat.read(next(NOTEBOOKS.glob("05-*.ipynb")), as_version=4)
    more = [nbformat.v4.new_code_cell(source.strip()) for source in LOOKING.split("---\n")]
    more[2].metadata.tags = ["raises-exception"]
    lesson.cells = [nbformat.v4.new_code_cell(LOGS), *lesson.cells[:-1], *more, *lesson.cells[-1:]]
    folder = tmp_path / "lesson"
    environment = lesson_environment(folder) | {"PYTHONPATH": str(PROJECT)}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in planted(account).items()))
    client = NotebookClient(lesson, timeout=CELL_TIMEOUT, kernel_name="python3", store_widget_state=False)
    client.execute(cwd=str(folder), env=environment)
    saved, log = nbformat.writes(lesson), (folder / "debug.log").read_text()
    (tmp_path / "saved.ipynb").write_text(saved)
    assert [saved.count(word) for word in ("FAILED ", "RUNS ")] == [13, 1]
    assert "POST /v2/applications" in log and "DEBUG:mine:… {" in log
    settings = load_settings({}, folder / ".env")
    key = next(folder.glob("keys/*")).read_text()
    assert found_in((folder / ".env").read_text() + key, settings) == set(SECRETS), "where they are, they are found"
    for text in (saved, saved.replace("\\", ""), log, unquote(log), (folder / "pickles").read_bytes().decode("latin1")):
        assert found_in(text, settings) == set()


@pytest.mark.slow
def test_no_secret_is_found_after_lessons_with_calls(readers: Forks, account: InUse, tmp_path: Path) -> None:
    log, variables = tmp_path / "debug.log", planted(account)
    for number in ("05", "07"):
        lesson = nbformat.read(next(NOTEBOOKS.glob(f"{number}-*.ipynb")), as_version=4)
        lesson.cells.insert(0, nbformat.v4.new_code_cell(LOGS.replace("debug.log", str(log))))
        nbformat.write(lesson, tmp_path / f"{number}.ipynb")
        (account.folder / "report.json").unlink(missing_ok=True)
        person = ["--person", account.network.url, account.network.token, MY_NUMBER, "--pace", str(PACE)]
        reader = start(readers, account.folder, variables, person, tmp_path / f"{number}.ipynb")
        printed = result(account.folder, reader.end()[1], "").printed
        settings = load_settings(variables, account.folder / ".env")
        assert found_in(printed + log.read_text(), settings) == set()
    assert "POST /v1/calls" in log.read_text()

"""The world a lesson is tested in: the same on every machine, whatever its owner has set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CELL_TIMEOUT = 60
OURS = ("VONAGE_", "VOICE_", "SIMULATOR_", "NGROK_", "KIT_", "PUBLIC_URL", "MY_NUMBER", "LIVE_", "MPLBACKEND")


def lessons() -> list[Path]:
    """Every lesson, in reading order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def before(lesson: Path) -> list[Path]:
    """The lessons that a learner has done before this one."""
    return [path for path in lessons() if path.parent == lesson.parent and path.name < lesson.name]


def lesson_environment(
    folder: Path, outside: Mapping[str, str] = os.environ, *, account: Path | None = None, seed: str = "1"
) -> dict[str, str]:
    """Environment variables for a kernel: a stepped clock, seeded ids, no live credentials.

    ``folder`` holds IPython's profile (so that nobody's start-up files run); ``account``, by default the same folder,
    what lessons hand on to the next: the simulator's account, and a ``.env`` that is not the learner's own.
    """
    account = account or folder
    for needed in (folder, account):
        needed.mkdir(parents=True, exist_ok=True)
    (account / ".env").touch()
    kept = {name: value for name, value in outside.items() if not name.startswith(OURS)}
    return kept | {
        "SIMULATOR_PACE": "stepped",
        "SIMULATOR_SEED": seed,
        "SIMULATOR_STATE": str(account / "account.json"),
        "KIT_DOTENV": str(account / ".env"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # of the tests that a lesson runs: a learner has none of ours
    }

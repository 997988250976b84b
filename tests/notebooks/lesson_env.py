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


def lesson_environment(folder: Path, outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment variables for a kernel: a stepped clock, seeded ids, an account of its own, no live credentials.

    ``folder`` holds what the lesson stores: the simulator's account, an empty ``.env`` (so that the learner's own is
    neither read nor written) and IPython's profile (so that nobody's start-up files run).
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".env").touch()
    kept = {name: value for name, value in outside.items() if not name.startswith(OURS)}
    return kept | {
        "SIMULATOR_PACE": "stepped",
        "SIMULATOR_SEED": "1",
        "SIMULATOR_STATE": str(folder / "account.json"),
        "KIT_DOTENV": str(folder / ".env"),
        "IPYTHONDIR": str(folder / "ipython"),
    }

"""Puts the account that ``.env`` names back as it was found, without a notebook: ``python -m helpers.live``."""

from __future__ import annotations

import os

from ..settings.settings import load_settings
from .restore import AsFound, open_steps


def main() -> int:
    """Put back what is open in the account that ``.env`` names. The exit status is 1 if something is left."""
    found = AsFound(load_settings(env={**os.environ, "VOICE_MODE": "live"}), lambda: "").begin()
    try:
        print("\n".join(found.put_back(again=True)) or "Nothing is left to put back.")
        return 1 if open_steps(found.journal.steps()) else 0
    finally:
        found.end()


if __name__ == "__main__":
    raise SystemExit(main())

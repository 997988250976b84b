"""Run lessons and compare every cell with what is stored: ``python -m tests.notebooks.validate [notebook …]``.

They run one after the other, in one account, as a learner does them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.notebooks.lesson_env import CELL_TIMEOUT, lessons
from tests.notebooks.sanitising import as_nbval_file


def main(notebooks: list[str]) -> int:
    """pytest's exit code. Strict on purpose: ``--nbval-lax`` beside ``--nbval`` would win without a word."""
    notebooks = notebooks or [str(path) for path in lessons()]
    if not notebooks:
        print("There is no lesson in notebooks/.", file=sys.stderr)
        return pytest.ExitCode.NO_TESTS_COLLECTED
    with tempfile.TemporaryDirectory(prefix="sanitize-") as folder:
        patterns = Path(folder) / "sanitize.cfg"
        patterns.write_text(as_nbval_file(), "utf-8")
        options = [
            *(
                "-p",
                "no:nbval",
                "-p",
                "tests.notebooks.worlds",
                "-p",
                "nbval.plugin",
            ),  # in this order: see tests/__init__
            "--nbval",
            f"--nbval-sanitize-with={patterns}",
            f"--nbval-cell-timeout={CELL_TIMEOUT}",
            "--nbval-current-env",
        ]
        return pytest.main([*options, *sorted(notebooks)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

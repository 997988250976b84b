"""``python -m helpers.ncco``: the reference of all actions and options, or of the rules, in a terminal."""

from __future__ import annotations

import argparse
import sys

from ..base.errors import KitError
from ..base.text import print_anything
from .editing.reference import describe, reference, rules


def main() -> int:
    """Print what was asked for. Returns 0, or 2 if there is nothing of that name."""
    prog = "python -m helpers.ncco" if __package__ == "helpers.ncco" else "ncco"  # the wheel's command
    parser = argparse.ArgumentParser(prog=prog, description="What an NCCO may hold.")
    parser.add_argument("action", nargs="?", help="one action only, such as stream")
    parser.add_argument("option", nargs="?", help="one option of it, such as loop")
    parser.add_argument("--rules", action="store_true", help="the rules by which an NCCO is checked")
    given = parser.parse_args()
    print_anything()
    try:
        if given.rules:
            table = rules()
        else:
            table = describe(given.action, given.option) if given.option else reference(given.action)
    except KitError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

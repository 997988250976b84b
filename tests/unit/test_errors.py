"""How an error of the kit looks in a notebook: the reader's own lines, the message, what to do."""

from __future__ import annotations

import linecache
import re

import pytest

from helpers.base.errors import KitError

CELL = "/tmp/ipykernel_1/2.py"


def shown(source: str, fail: object) -> list[str]:
    """The lines that a cell with this source would show."""
    linecache.cache[CELL] = (len(source), None, source.splitlines(keepends=True), CELL)
    try:
        with pytest.raises(KitError) as caught:
            exec(compile(source, CELL, "exec"), {"fail": fail})
        return [re.sub(r"\x1b\[\d+m", "", line) for line in caught.value._render_traceback_()]
    finally:
        del linecache.cache[CELL]


def test_own_lines_then_message_then_cure() -> None:
    def fail() -> None:
        raise KitError("It broke.", "Mend it.")

    lines = shown("def go():\n    fail()\n\ngo()\n", fail)
    assert lines == ["line 4:  go()", "line 2, in go:  fail()", "", "KitError: It broke.", "→ Mend it."]


def test_an_error_without_a_cure() -> None:
    def fail() -> None:
        raise KitError("It broke.")

    assert shown("fail()\n", fail)[1:] == ["", "KitError: It broke."]

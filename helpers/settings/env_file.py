"""Read and change a ``.env`` file without disturbing what somebody wrote into it."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock

from ..base.decoding import text_of

PATIENCE = 10.0  # seconds to wait for another kernel that writes the same file; a write takes about a millisecond
_BARE = re.compile(r"[\w./:@%,=+-]*", re.ASCII)
# Blank lines and `export` before the name, and a comment after the value, are the writer's and stay.
_AROUND = re.compile(r"\A(?P<before>\s*(?:export\s+)?).*?(?P<after>[ \t]+#[^\n\"']*)?(?P<end>\r?\n)?\Z", re.DOTALL)


def read_env(path: Path) -> dict[str, str]:
    """What the file sets, by name; nothing if there is no file. ``${…}`` is not filled in: a secret may contain it."""
    from io import StringIO

    from dotenv import dotenv_values

    found = dotenv_values(stream=StringIO(_text(path), newline=None), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def idle_lines(path: Path, names: Iterable[str]) -> dict[str, str]:
    """For names that a file does not set although it has a line for them: what is to be done about that line."""
    found: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        for name in names:
            empty = rf"(?:export\s+)?{name}\s*=\s*(?:''|\"\")?\s*(?:#.*)?"
            written = re.match(rf"[^#=]*\b{name}\b", line, re.IGNORECASE)
            if written and not re.fullmatch(empty, line.strip(), re.IGNORECASE):
                found[name] = (
                    f"line {number} of {path.name} sets nothing. Write {name}=value there, in capitals, with quotes "
                    "closed if there are any, and without a second line for it."
                )
    return found


def _text(path: Path) -> str:
    # Read here: given a path, the library takes a folder of that name for an empty file.
    return text_of(path.read_bytes()) if path.exists() else ""


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Set these names in the file; all other lines, comments and their order stay as they are.

    The file is readable by its owner only (0600), and it is replaced in one step: whoever reads it meanwhile, or a
    crash in the middle, finds the old file or the new one, never half of one. Of two that write at once each finds
    what the other one wrote.
    """
    # What a symbolic link points to is changed, not the link.
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f"{target.name}.lock"), timeout=PATIENCE, mode=0o600, poll_interval=0.005):
        replace_file(target, changed(_text(target), values))


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text of a ``.env`` file with these names set: in their old place, or at the end if they are new."""
    from io import StringIO

    from dotenv.parser import parse_stream

    left = dict(values)
    written: list[str] = []
    for binding in parse_stream(StringIO(text, newline="")):
        line = binding.original.string
        if binding.key not in values or binding.error:
            written.append(line)
        elif binding.key in left:  # a name that stands there twice is written once: the last one would win
            around = _AROUND.match(line)
            before, after, end = around.group("before", "after", "end") if around else ("", "", "\n")
            written.append(f"{before}{binding.key}={quoted(left.pop(binding.key))}{after or ''}{end or ''}")
    result = "".join(written)
    if left and result and not result.endswith("\n"):
        result += "\n"
    return result + "".join(f"{name}={quoted(value)}\n" for name, value in left.items())


def quoted(value: str) -> str:
    r"""The value as it must stand in the file. A value of several lines becomes one line with ``\n`` in it."""
    if _BARE.fullmatch(value):
        return value
    if not re.search(r"['\\\r\n]", value):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return f'"{escaped}"'


def replace_file(target: Path, text: str) -> None:
    """Put this text into a file that only its owner may read, in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp opens it 0600 from the start: there is no moment in which others could read the secret.
    handle, name = tempfile.mkstemp(prefix=".env.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise

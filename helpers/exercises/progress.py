"""Which tasks are done: kept beside the simulated account, shown as an overview, and begun again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..base.errors import KitError
from ..base.html import Html, tag
from ..base.text import columns
from ..base.view import View
from ..settings.env_file import replace_file
from ..settings.project import place_for
from ..settings.settings import Settings, load_settings
from .lesson_tasks import LESSON_TASKS
from .mark import LOOKS, QUIET, RIGHT
from .tasks import TASKS

PLAYGROUND = "09"
ALL = "all"


def tasks_of(lesson: str) -> list[str]:
    """The tasks of a lesson, in order."""
    return list(TASKS) if lesson == PLAYGROUND else [name for name in LESSON_TASKS if name.startswith(f"{lesson}-")]


def keep(name: str) -> str:
    """Keep that a task is done; a folder that cannot be written only forgets it. Returns how many of its lesson are."""
    done = list(dict.fromkeys([*_read(), name]))
    with suppress(OSError, KitError):
        _write(done)
    _tell_board()
    every = tasks_of(PLAYGROUND if name in TASKS else name[:2])
    return f"{sum(one in done for one in every)} of {len(every)} tasks of this lesson done"


def progress(lesson: str | None = None, *, share: bool | None = None) -> View:
    """Where you are: the tasks done, of one lesson (its two digits, such as ``"06"``) or of all.

    In a class ``share=True`` shows their names, and nothing else, on the teacher's board, also of those you do later;
    ``share=False`` takes them off. Otherwise nobody sees them.

    >>> progress("06")
    """
    if share is not None:
        from ..kit import current

        current().classroom.share(_by_lesson() if share else None)
    files = _lessons(None if lesson is None else _known(lesson))
    done = set(_read())
    marked = [(number, file, [name in done for name in tasks_of(number)]) for number, file in files.items()]
    total, count = sum(len(one) for _, _, one in marked), sum(sum(one) for _, _, one in marked)
    title = f"{count} of {total} tasks done"
    if lesson is not None:
        every = list(_lessons(None))
        title = f"Lesson {every.index(lesson) + 1} of {len(every)}: {title}"
    table = [[number, _title(file), _dots(one), _count(one)] for number, file, one in marked]
    text = "\n".join([title, *columns(table)])
    rows = [tag("tr", _cells(number, file, one)) for number, file, one in marked]
    return View(text, {"text/html": _page(title, count, total, rows)})


def begin_again(lesson: Any = ...) -> View:
    """Begin a lesson (``"06"``) again, or with ``"all"`` everything. With the three dots nothing happens.

    The marks of its tasks are forgotten, the outputs in its notebook and its files in ``heard`` deleted. With ``"all"``
    the simulated account is emptied, too: numbers, applications, calls. A real account is never touched. Returns what
    was done, in words.
    """
    if lesson is ...:
        return _said('Nothing is begun again. Put "06" in place of the dots for lesson 06, or "all" for everything.')
    chosen = _lessons(None if lesson == ALL else _known(lesson))
    names = {name for number in chosen for name in tasks_of(number)}
    _write([name for name in _read() if name not in names])
    cleared = [file.name for file in chosen.values() if file and _clear_outputs(file)]
    deleted = _clear_heard("*" if lesson == ALL else f"{lesson}-*")
    emptied = lesson == ALL and _empty_account()
    return _said(
        f"Begun again: {'all lessons' if lesson == ALL else f'lesson {lesson}'}.",
        f"Open again: {len(names)} tasks. Deleted: {deleted} files in heard, the outputs of {len(cleared)} notebooks.",
        "Your simulated account is empty, as on the first day. Run the first cells again." if emptied else "",
        "A notebook that is open shows its old outputs: choose File → Reload Notebook from Disk." if cleared else "",
    )


def _said(*lines: str) -> View:
    told = [line for line in lines if line]
    return View("\n".join(told), {"text/html": tag("div", [tag("div", line) for line in told])})


def _file() -> Path:
    return load_settings().state.with_name("progress.json")


def _read() -> list[str]:
    """The names of the tasks that are done; what is not a list of names counts as nothing."""
    try:
        done = json.loads(_file().read_text("utf-8"))["done"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError, KitError):
        return []
    return [name for name in done if isinstance(name, str)] if isinstance(done, list) else []


def _write(done: list[str]) -> None:
    replace_file(_file(), json.dumps({"done": done}, indent=1))


def _by_lesson() -> dict[str, dict[str, Any]]:
    done = _read()
    every = {number: tasks_of(number) for number in _lessons(None)}
    return {number: {"done": [one for one in tasks if one in done], "of": len(tasks)}
            for number, tasks in every.items() if tasks}  # fmt: skip


def _tell_board() -> None:
    """Show it on the board of the class, if that is what its owner wants. A class that is away stops no task."""
    from ..kit import current

    with suppress(KitError):
        classroom = current().classroom
        if classroom.connected and classroom.shares:
            classroom.share(_by_lesson())


def _known(lesson: Any) -> str:
    known = _lessons(None)
    if not isinstance(lesson, str) or lesson not in known:
        raise KitError(f"{lesson!r} is not a lesson.", f"Name one by its two digits, in quotes: {', '.join(known)}.")
    return lesson


def _lessons(only: str | None) -> dict[str, Path | None]:
    """The notebook of each lesson by its two digits. Lessons that have tasks are there without one, too."""
    with_tasks = dict.fromkeys([*(name[:2] for name in LESSON_TASKS), PLAYGROUND])
    files = {file.name[:2]: file for file in Settings().notebooks.glob("[0-9][0-9]-*.ipynb")}
    return {number: files.get(number) for number in sorted({*with_tasks, *files}) if only in (None, number)}


def _title(file: Path | None) -> str:
    return file.stem[3:].replace("-", " ").capitalize().replace("Ncco", "NCCO") if file else ""


def _dots(done: Iterable[bool]) -> str:
    return "".join("●" if one else "○" for one in done)


def _count(done: list[bool]) -> str:
    return f"{sum(done)} of {len(done)}" if done else "no tasks"


def _cells(number: str, file: Path | None, done: list[bool]) -> list[Html]:
    name = tag("a", _title(file), href=file.name) if file else _title(file)
    all_done = bool(done) and all(done)
    colour = LOOKS[RIGHT][1] if all_done else "currentColor"
    style = "padding:.2em .9em;text-align:left"
    return [
        tag("th", number, scope="row", style=style),
        tag("td", name, style=style),
        tag("td", _dots(done), aria_hidden="true", style=f"{style};letter-spacing:.2em;color:{colour}"),
        tag("td", _count(done), " ✓" if all_done else "", style=f"{style};{QUIET}"),
    ]


def _page(title: str, count: int, total: int, rows: list[Html]) -> Html:
    """A bar, and a row for each lesson. The bar says nothing that the words above it do not."""
    green = LOOKS[RIGHT][1]
    share = f"width:{100 * count / max(total, 1):.0f}%;height:100%;background:{green}"
    bar = tag(
        "div", tag("div", style=share), aria_hidden="true",
        style="height:.6em;max-width:34em;border-radius:.3em;overflow:hidden;margin:.4em 0 .6em;"
        f"border:1px solid {green}",
    )  # fmt: skip
    table = tag("table", tag("tbody", rows), style="border-collapse:collapse;line-height:1.5")
    return tag("div", tag("strong", title), bar, table)


def _clear_outputs(file: Path) -> bool:
    """Take the outputs out of a notebook; False if there were none, or it cannot be read."""
    try:
        notebook = json.loads(file.read_text("utf-8"))
        cells = [cell for cell in notebook["cells"] if cell.get("outputs")]
        for cell in cells:
            cell |= {"outputs": [], "execution_count": None}
        if cells:
            replace_file(file, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
            file.chmod(0o644)  # a notebook is no secret
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return bool(cells)


def _clear_heard(pattern: str) -> int:
    """Delete the sounds and pictures that the lessons have made."""
    folder = place_for("heard")
    found = [one for one in folder.glob(pattern) if not one.is_symlink()] if not folder.is_symlink() else []
    for one in found:
        shutil.rmtree(one, ignore_errors=True) if one.is_dir() else one.unlink(missing_ok=True)
    return len(found)


def _empty_account() -> bool:
    """Empty the simulated account, and forget what the kit kept of it. A real one stays as it is."""
    from ..kit import current

    kit = current()
    if kit.settings.live:
        return False
    kit.network.reset(account=True)
    kit.settings.save(number="", application_id="", private_key="")
    return True

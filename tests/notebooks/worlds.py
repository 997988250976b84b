"""A pytest plugin, ``-p tests.notebooks.worlds``: notebooks share an account, as a learner's do, and nothing else.

They run behind a school's proxy (`school.py`), which must not see a request: all of them are to this machine.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpers.live.box import SENDS
from tests.notebooks.execute import do_before, world_of
from tests.notebooks.killed_kernel import kill
from tests.notebooks.lesson_env import lessons
from tests.notebooks.school import school
from tests.notebooks.sending import sent_in, watch


def pytest_configure(config: pytest.Config) -> None:
    if config.option.nbval_lax:
        raise pytest.UsageError("--nbval-lax would compare nothing: lessons are compared strictly, cell by cell.")
    config.pluginmanager.register(LessonWorlds())


class LessonWorlds:
    """Puts a notebook's environment in place just before nbval starts its kernel, and does what comes before it."""

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lessons-"))
        self._school = self._stack.enter_context(school())
        self._notebook: Path | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.path != self._notebook:
            self._notebook, worlds = item.path, Path(self._folder)
            do_before(item.path, worlds)
            watch(self._world_of(item))
            self._put(world_of(item.path, worlds, self._before) | self._school.environment)

    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        if nextitem is None or nextitem.path != item.path:
            stored = json.loads(item.path.read_text("utf-8"))["metadata"].get(SENDS, {})
            assert sent_in(self._world_of(item)) == stored, (
                "It sends other requests than its metadata say: make notebooks"
            )
            assert self._school.asked == [], "A request to this machine went to the machine's proxy"
            if item.path in lessons():
                kill(item.parent.kernel)  # type: ignore[union-attr]

    def _world_of(self, item: pytest.Item) -> Path:
        return Path(self._folder) / item.path.stem

    def pytest_unconfigure(self) -> None:
        self._put(self._before)
        self._stack.close()

    @staticmethod
    def _put(world: Mapping[str, str]) -> None:
        os.environ.clear()
        os.environ.update(world)

"""A pytest plugin, ``-p tests.notebooks.worlds``: each notebook gets a world of its own, in each worker."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.notebooks.lesson_env import lesson_environment


def pytest_configure(config: pytest.Config) -> None:
    if config.option.nbval_lax:
        raise pytest.UsageError("--nbval-lax would compare nothing: lessons are compared strictly, cell by cell.")
    config.pluginmanager.register(LessonWorlds())


class LessonWorlds:
    """Each notebook gets a world of its own just before nbval starts its kernel."""

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._folder = tempfile.TemporaryDirectory(prefix="lessons-")
        self._notebook: Path | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.path != self._notebook:
            self._notebook = item.path
            world = lesson_environment(Path(self._folder.name) / item.path.stem, self._before)
            self._put(world)

    def pytest_unconfigure(self) -> None:
        self._put(self._before)
        self._folder.cleanup()

    @staticmethod
    def _put(world: Mapping[str, str]) -> None:
        os.environ.clear()
        os.environ.update(world)

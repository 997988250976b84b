"""What a learner is told of a route that raised: the traceback without the framework's lines, secrets masked."""

from __future__ import annotations

import io
import logging
import traceback
from pathlib import Path

from ..base.errors import KitError
from ..base.masking import mask
from ..base.text import one_line

logger = logging.getLogger(__name__)

LONGEST = 4000  # characters of an error that are told: a stranger's request can make one of any length


class WebServerError(KitError):
    """The server could not start, or a route raised (then ``.traceback`` holds the traceback, secrets masked)."""

    traceback: str = ""


def route_error(error: BaseException, route: str) -> WebServerError:
    """What a learner needs of a traceback: their own lines, without the framework's and without machine paths."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_framework(f.filename)]
    lines = [f"  {_short(f.filename)}, line {f.lineno}, in {f.name}\n    {f.line or ''}".rstrip() for f in frames]
    what = mask("".join(traceback.format_exception_only(error)).strip().removeprefix(f"{type(error).__module__}."))
    text = mask("\n".join([*lines, what]))
    return WebServerError(
        f"{one_line(route, 100)} raised {one_line(what, LONGEST).rstrip('.')}.",
        f"The caller got 500.\n{text[:LONGEST]}" if lines else "The caller got 500.",
        traceback=text,
    )


def _is_framework(filename: str) -> bool:
    file = Path(filename)
    return file.parent == Path(__file__).parent or not {"flask", "werkzeug", "waitress"}.isdisjoint(file.parts)


def _short(filename: str) -> str:
    return "the cell" if "ipykernel" in filename or filename.startswith("<ipython") else Path(filename).name


class Errors(io.TextIOBase):
    """``wsgi.errors``: what apps write about their troubles goes to logging, not into the notebook."""

    def write(self, text: str) -> int:
        if text.strip():
            logger.info("%s", mask(text.rstrip()))
        return len(text)


ERRORS = Errors()

"""The NCCO builder: a form, made from the action models, that edits a plain list of actions.

The list is the truth and lives in Python (:class:`helpers.ncco.draft.Draft`); the widgets only call its methods and
show it. Without a browser the same facts are there as text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from helpers.ncco.document import Ncco
from helpers.ncco.draft import Draft
from helpers.ncco.problems import Problem

if TYPE_CHECKING:
    from helpers.widgets.builder_form import Form


class Builder:
    """Build an NCCO with the mouse, from Python, or both: ``builder.add("stream", streamUrl=[…])``.

    ``ncco`` is where to start from (a list, JSON text, or ``Ncco``); ``on_change(builder)`` is called on each change.
    ``.ncco`` gives the checked NCCO and raises ``NccoError`` while something is wrong; ``.to_list()`` gives the list as
    it stands, mistakes included. Options are named by path: ``builder.set(0, "dtmf.timeOut", 5)``. Positions count
    from 0.

    >>> builder = Builder()
    >>> builder.add("talk", text="Hello")
    >>> builder
    [0] talk
        text  "Hello"
    No problems.
    """

    def __init__(self, ncco: Any = None, on_change: Callable[[Builder], Any] | None = None) -> None:
        self._draft = Draft(ncco)
        self._on_change = on_change
        # A click may arrive in another thread than the cell that is running.
        self._lock = threading.RLock()
        self._form: Form | None = None

    @property
    def ncco(self) -> Ncco:
        """The checked NCCO; raises ``NccoError``, which names every error, while there is one."""
        with self._lock:
            return self._draft.ncco()

    @property
    def problems(self) -> list[Problem]:
        """What is wrong or doubtful now."""
        with self._lock:
            return self._draft.problems()

    def to_list(self) -> list[dict[str, Any]]:
        """A copy of the list of actions as it stands, mistakes included."""
        with self._lock:
            return self._draft.to_list()

    def add(self, action: str, at: int | None = None, **options: Any) -> None:
        """Put in an action, at the end or at a position."""
        self._do(lambda: self._draft.add(action, at, **options))

    def remove(self, index: int) -> None:
        """Take out the action at that position."""
        self._do(lambda: self._draft.remove(index))

    def move(self, index: int, to: int) -> None:
        """Put the action at ``index`` to the position ``to``."""
        self._do(lambda: self._draft.move(index, to))

    def set(self, index: int, option: str, value: Any) -> None:
        """Give an option a value; ``None`` takes it out. A wrong value is kept, and shown with its problem."""
        self._do(lambda: self._draft.set(index, option, value))

    def load(self, ncco: Any) -> None:
        """Replace everything by another NCCO."""
        self._do(lambda: self._draft.load(ncco))

    @property
    def widget(self) -> Any:
        """The form, an ipywidgets box; made when it is first asked for."""
        with self._lock:
            if self._form is None:
                # ipywidgets is loaded only for those who look at the form.
                from helpers.widgets.builder_form import Form

                self._form = Form(self, self._draft)
            return self._form.box

    def _do(self, change: Callable[[], Any]) -> None:
        with self._lock:
            change()
            if self._form is not None:
                self._form.refresh()
            if self._on_change is not None:
                self._on_change(self)

    def attempt(self, change: Callable[[], Any]) -> None:
        """For clicks: an exception would vanish in the log, so the form shows it."""
        with self._lock:
            form, failure = self._form, ""
            try:
                change()
            except Exception as problem:
                failure = f"{type(problem).__name__}: {problem}"
            if form is not None:
                form.refresh(failure)

    def __repr__(self) -> str:
        with self._lock:
            return str(self._draft)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = repr(self)
        live = dict(self.widget._repr_mimebundle_())
        return {**live, "text/plain": text, "text/html": f"<pre>{escape(text)}</pre>"}

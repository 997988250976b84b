"""The NCCO builder: a form, made from the action models, that edits a plain list of actions.

The list is the truth and lives in Python (:class:`~helpers.ncco.editing.draft.Draft`); the page only calls its methods
and shows it. Without a browser the same facts are there as text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.html import words
from ...ncco.checking.document import Ncco
from ...ncco.editing.draft import Draft
from ...ncco.problems.problems import Problem
from ..words import WithWords, with_words

if TYPE_CHECKING:
    from ...ncco.problems.fixes import Fix
    from .page import Page


class Builder(WithWords):
    """Build an NCCO with the mouse, the keyboard, from Python, or all of it: ``builder.add("stream", streamUrl=[…])``.

    ``ncco`` is where to start from (a list, JSON text, a ``Path``, or ``Ncco``). ``small`` shows the form, the
    JSON and the problems only. With the lesson's ``kit`` the builder knows your numbers and your server, and checks for
    the real network in live mode.

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

    def __init__(
        self,
        ncco: Any = None,
        *,
        small: bool = False,
        kit: Any = None,
    ) -> None:
        self._draft = Draft(ncco, live=bool(kit is not None and kit.settings.live))
        self._small, self._kit = small, kit
        # A click may arrive in another thread than the cell that is running.
        self._lock = threading.RLock()
        self._page: Page | None = None
        self._shell: Any = None
        self._box: Any = None

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

    @property
    def differences(self) -> list[str]:
        """What has changed since it was loaded or saved, in words."""
        with self._lock:
            return self._draft.differences

    def to_list(self) -> list[Any]:
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

    def duplicate(self, index: int) -> None:
        """Put a copy of the action behind it."""
        self._do(lambda: self._draft.duplicate(index))

    def set(self, index: int, option: str, value: Any) -> None:
        """Give an option a value; ``None`` takes it out. A wrong value is kept, and shown with its problem."""
        self._do(lambda: self._draft.set(index, option, value))

    def apply(self, fix: Fix) -> None:
        """Put a problem right: ``builder.apply(builder.problems[0].fix)``."""
        self._do(lambda: self._draft.apply(fix))

    def undo(self) -> bool:
        """Take back the last change; False if there is none."""
        return bool(self._do(self._draft.undo))

    def redo(self) -> bool:
        """Do again what was taken back; False if there is nothing."""
        return bool(self._do(self._draft.redo))

    def load(self, ncco: Any) -> None:
        """Replace everything by another NCCO: a list, JSON text, a ``Path``, or ``Ncco``."""
        self._do(lambda: self._draft.load(ncco))

    def save(self, file: str | Path, *, replace: bool = False) -> Path:
        """Write the JSON to a file. One that is there already is replaced only if that is said."""
        path: Path = self._do(lambda: self._draft.save(file, replace=replace))
        return path

    @property
    def page(self) -> Page:
        """What a browser shows, as HTML, and what it sends; made when it is first asked for."""
        with self._lock:
            if self._page is None:
                from .page import Page

                self._page = Page(self._draft, self._lock, small=self._small, kit=self._kit)
            return self._page

    @property
    def widget(self) -> Any:
        """The builder as a widget; made when it is first asked for."""
        with self._lock:
            if self._shell is None:
                # Widgets are loaded only for those who look at one.
                from .shell import BuilderShell

                self._shell = BuilderShell(self.page)
            return self._shell

    @property
    def _shown(self) -> Any:
        """What a notebook shows: with a kit there is room below the builder, for the phone that it rings."""
        if self._kit is None:
            return self.widget
        if self._box is None:
            import ipywidgets

            box = self._box = ipywidgets.VBox([self.widget])
            self.page.state.put_below = lambda phone: box.set_trait("children", (self.widget, phone))
        return self._box

    def _do(self, change: Callable[[], Any]) -> Any:
        with self._lock:
            before = self._page.state.typed() if self._page is not None else None
            found = change()
            if self._page is not None:
                # Somebody may be typing: only a change of that very field takes the place of what is typed.
                self._page.draw(reset=self._page.state.typed() != before)
            return found

    def __repr__(self) -> str:
        with self._lock:
            return str(self._draft)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from ..pictures import builder_picture

        said = repr(self)
        picture = builder_picture(self.to_list(), [(one.severity, str(one)) for one in self.problems], said)
        return with_words(self._shown._repr_mimebundle_(), said, words(said), picture)

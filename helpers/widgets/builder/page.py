"""The builder's page: draws the parts of it as HTML, and does what its buttons and fields ask for.

It needs no browser: :meth:`Page.handle` takes what a browser would send, and ``parts`` is what one would show.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...ncco.editing.draft import Draft
from ...ncco.editing.paths import value_at
from ...ncco.problems.problems import Problem
from .cards import PAGE, Card, palette
from .controls import safe_id
from .edit import COMMANDS as EDITING
from .icons import icon
from .notes import reference_panel, template_panel
from .panels import COMMANDS as PANEL_COMMANDS
from .panels import first_values, tool_panel
from .problems import panel as problem_panel
from .problems import status
from .sample import Sample
from .state import State
from .views import NAMES, views

#: After these the fields show what Python has, whatever is being typed there.
RESETTING = frozenset({
    "undo", "redo", "new", "fix", "fix_text", "forget", "load_example", "load_paste", "load_path", "load_file",
})  # fmt: skip
PARTS = ("top", "panel", "cards", "views", "notes")


class Page:
    """What a browser shows of a draft. ``changed`` is called after each change of the NCCO, ``drawn`` after each
    drawing, with the elements that may get the focus and the words for a screen reader."""

    def __init__(
        self, draft: Draft, changed: Callable[[], Any], lock: threading.RLock, *, small: bool = False, kit: Any = None
    ) -> None:
        self.draft, self.small, self.kit, self.lock = draft, small, kit, lock
        self.state = State(values=first_values(kit))
        self.sample = Sample()
        self.parts: dict[str, Html] = dict.fromkeys(PARTS, Html())
        self.drawn: Callable[[Page, bool], Any] = lambda page, reset: None
        self.workers: list[threading.Thread] = []
        self._changed = changed
        self._cards: dict[int, tuple[Card, Html]] = {}
        self.draw()

    # What comes in

    def handle(self, message: dict[str, Any], files: Sequence[bytes] = ()) -> None:
        """Do what a button or a field of the page asks for. Whatever goes wrong is shown on the page."""
        with self.lock:
            before = self.draft.items
            self.state.failure = ""
            try:
                self._do(message, files)
                if self.draft.items is not before:
                    self._changed()
            except KitError as problem:
                self.state.failure = str(problem)
            except Exception as problem:
                # It would vanish in a log that nobody reads.
                self.state.failure = f"{type(problem).__name__}: {problem}"
            self.draw(reset=message.get("do") in RESETTING)

    def _do(self, message: dict[str, Any], files: Sequence[bytes]) -> None:
        name = message.get("do")
        command = COMMANDS.get(name if isinstance(name, str) else "")
        if command is None:
            raise KitError(f"The builder knows no {name!r}.", "Run the cell again.")
        if not (name == "set" and message.get("live")) and name != "look":
            self.state.editing = None
        try:
            command(self, {**message, "files": list(files)})
        except (KeyError, TypeError, ValueError) as problem:
            raise KitError(f"The builder did not understand this: {problem!r}.", "Try it again.") from problem

    def work(self, name: str, job: Callable[[], Any], then: Callable[[Any], Html] | None = None) -> None:
        """Do something that takes a while in a thread of its own, and then show what came of it in the panel.

        ``then`` makes the result of what ``job`` returned, and may change the NCCO.
        """
        self.state.busy.add(name)
        self.state.made_of[name] = self.draft.items

        def run() -> None:
            try:
                made = job()
            except Exception as problem:
                refusal = _refused(problem)
                self._finish(name, lambda: refusal)
            else:
                self._finish(name, lambda: then(made) if then else made)

        self.workers = [thread for thread in self.workers if thread.is_alive()]
        thread = threading.Thread(target=run, name=f"builder-{name}", daemon=True)
        self.workers.append(thread)
        thread.start()

    def _finish(self, name: str, result: Callable[[], Html]) -> None:
        with self.lock:
            before = self.draft.items
            self.state.busy.discard(name)
            self.say("Done.")
            try:
                self.state.results[name] = result()
                if self.draft.items is not before:
                    self._changed()
            except Exception as problem:
                self.state.results[name] = _refused(problem)
            self.draw()

    def forget_cards(self) -> None:
        """Another NCCO is here: nothing of the old one stays open."""
        self.state.open.clear()
        self.state.shown.clear()
        self.state.first, self.state.look = 0, None

    # For the commands

    def place(self, number: Any) -> int:
        """The position of the action with that number."""
        ids = list(self.draft.ids)
        if number not in ids:
            raise KitError("This action is gone already.", "Look at the list again.")
        return ids.index(number)

    def focus(self, *names: str) -> None:
        """The first of these elements that is there gets the focus."""
        self.state.focus = names

    def say(self, words: str) -> None:
        """What a screen reader says next."""
        self.state.said = words

    def show_place(self, place: int) -> None:
        """Turn to the cards among which this position is."""
        self.state.first = max(0, place) // PAGE * PAGE

    def ways_to(self, number: Any, field: str) -> list[str]:
        """The elements that a field can be reached by, the nearest first."""
        found = []
        while field:
            found += [f"{number}-{safe_id(field)}", f"{number}-{safe_id(field)}-0"]
            field = field.rpartition(".")[0]
        return [*found, f"title-{number}"]

    def type_in(self, number: int, path: str, live: bool) -> None:
        """Somebody types in this field: what is new about it is said when the field is left, not at each key."""
        if not live:
            self.state.editing = None
        elif self.state.editing != (number, path):
            self.state.editing = (number, path)
            self.state.told = frozenset(map(str, self.draft.problems()))

    def typed(self) -> str | None:
        """What Python has in the field in which somebody types, as JSON; ``None`` if nobody does, or it is gone."""
        if self.state.editing is None or self.state.editing[0] not in self.draft.ids:
            return None
        number, path = self.state.editing
        return json.dumps(value_at(self.draft.items[self.place(number)], path), default=repr)

    # What goes out

    def draw(self, *, reset: bool = False) -> None:
        """Draw all parts as they are now; ``reset`` says that fields show what Python has, whatever is typed there."""
        names = self.sample.fill(self.draft, self.state)
        problems = self._problems()
        self.parts = {
            "top": self._top(problems),
            "panel": Html() if self.small else tool_panel(self),
            "cards": self._form(problems),
            "views": views(self.draft, self.state, small=self.small),
            "notes": self._notes(problems, names),
        }
        self.drawn(self, reset)
        self.state.focus, self.state.said = (), ""

    def _problems(self) -> list[Problem]:
        found = self.draft.problems()
        if self.state.editing is None:
            return found
        number, path = self.state.editing

        def new_here(problem: Problem) -> bool:
            at = self.draft.ids[problem.action] if problem.action is not None else None
            return at == number and f"{problem.field}.".startswith(f"{path}.") and str(problem) not in self.state.told

        return [problem for problem in found if not new_here(problem)]

    def _top(self, problems: list[Problem]) -> Html:
        draft, state = self.draft, self.state
        tools = [
            _tool("Undo", "undo", "undo", "Undo the last change (Ctrl+Z)", off=not draft.can_undo),
            _tool("Redo", "redo", "redo", "Do again what was undone (Ctrl+Shift+Z)", off=not draft.can_redo),
        ]
        if not self.small:
            tools.append(_tool("New", "new", "new", "Begin a new NCCO", off=not draft.items))
            tools += [
                _tool(words, name, "panel", hint, args={"panel": name}, id=f"open-{name}",
                      aria_expanded="true" if state.panel == name else "false",
                      class_="ncco-tool ncco-main" if name == "play" else "ncco-tool")
                for name, words, hint in TOOLS
            ]  # fmt: skip
        failure = None
        if state.failure:
            failure = tag(
                "div",
                tag("span", tag("strong", "This did not work: ", class_="ncco-error"), state.failure),
                button("Close", "dismiss", hint="Close this message", class_="ncco-small"),
                class_="ncco-banner",
                role="alert",
            )
        head = tag("h3", "NCCO builder", class_="ncco-h3")
        standing = tag(
            "div",
            status(problems, len(draft), [NAMES[kind] for kind in draft.unread]),
            class_="ncco-status",
            id="status",
        )
        bar = tag("div", tools, role="toolbar", aria_label="NCCO builder", class_="ncco-toolbar")
        return join([tag("div", head, standing, bar, class_="ncco-top"), failure])

    def _form(self, problems: list[Problem]) -> Html:
        draft, state = self.draft, self.state
        count = len(draft)
        state.first = min(state.first, max(0, count - 1) // PAGE * PAGE)
        places = range(state.first, min(state.first + PAGE, count))
        by_action: dict[int | None, list[Problem]] = {}
        for problem in problems:
            by_action.setdefault(problem.action, []).append(problem)
        cards = [self._card(place, by_action.get(place, ())) for place in places]
        self._cards = {number: kept for number, kept in self._cards.items() if number in set(draft.ids)}
        flow = [
            tag("div", "The call begins", class_="ncco-end"),
            tag("ol", cards, class_="ncco-cards", start="0"),
            tag("div", "The call ends", class_="ncco-end ncco-last"),
        ]
        if not count:
            return join([palette(words=True), self._begin()])
        return join([palette(), self._turner(places, count), tag("div", flow, class_="ncco-flow")])

    def _begin(self) -> Html | None:
        """Another way to begin than with an action."""
        if self.small:
            return None
        example = button("load an example", "panel", args={"panel": "load"}, class_="ncco-small")
        return tag("p", "Or ", example, " or write the JSON.", class_="ncco-quiet ncco-or")

    def _card(self, place: int, problems: Sequence[Problem]) -> Html:
        draft, state = self.draft, self.state
        number = draft.ids[place]
        shown = frozenset(state.shown.get(number, ())) | {p.field.partition(".")[0] for p in problems if p.field}
        state.shown.setdefault(number, set()).update(shown)
        card = Card(number, place, len(draft), draft.items[place], number in state.open, shown, tuple(problems))
        kept = self._cards.get(number)
        if kept is None or kept[0].item is not card.item or kept[0] != card:
            self._cards[number] = kept = card, card.html()
        return kept[1]

    def _turner(self, places: range, count: int) -> Html | None:
        if count <= PAGE:
            return None
        buttons = [
            button(words, "turn", args={"first": first}, off=not 0 <= first < count, class_="ncco-small")
            for words, first in (("Earlier", places.start - PAGE), ("Later", places.stop))
        ]
        said = f"Actions {places.start} to {places.stop - 1} of {count}. All of them are in the JSON. "
        return tag("div", tag("span", said), buttons, class_="ncco-buttons", role="group", aria_label="More actions")

    def _notes(self, problems: list[Problem], names: list[str]) -> Html:
        draft, state = self.draft, self.state
        parts = [problem_panel(problems, draft.ids)] if draft.items or problems else []
        if not self.small:
            parts += [reference_panel(draft, state.look) or Html()]
            parts += [template_panel(draft, state, names)] if names else []
        return join(parts)


TOOLS = (
    ("load", "Load…", "Load an example, a paste, a file, or what a server answers"),
    ("save", "Save…", "Save the NCCO to a file"),
    ("compare", "Compare", "What has changed since it was loaded or saved"),
    ("lab", "Option lab", "Hear one option at several values"),
    ("play", "Play", "Hear the call before you dial"),
)


def _tool(words: str, drawing: str, do: str, tip: str, **more: Any) -> Html:
    same = {"class_": "ncco-tool", "id": f"do-{do}", "title": tip, **more}
    return button([icon(drawing), words], do, **same)


def _refused(problem: Exception) -> Html:
    words = str(problem) if isinstance(problem, KitError) else f"{type(problem).__name__}: {problem}"
    return tag("p", words, class_="ncco-message", role="alert")


COMMANDS = {**EDITING, **PANEL_COMMANDS}

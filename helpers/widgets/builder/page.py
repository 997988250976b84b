"""The builder's page: draws the parts of it as HTML, and does what its buttons and fields ask for.

It needs no browser: :meth:`Page.handle` takes what a browser would send, and ``parts`` is what one would show.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...ncco.editing.draft import Draft
from ...ncco.problems.problems import Problem
from . import compare, edit, lab, listen, load, sample
from .cards import Card, palette
from .pieces import icon
from .problems import panel as problem_panel
from .problems import status
from .state import PAGE, Job, Message, State
from .views import views

#: After these the fields show what Python has, whatever is being typed there.
RESETTING = frozenset({
    "undo", "redo", "new", "fix", "fix_text", "forget", "load_example", "load_paste", "load_path", "load_file",
})  # fmt: skip
PARTS = ("top", "panel", "cards", "views", "notes")
COMMANDS: dict[str, Callable[[State, Message], Job | None]] = {
    **edit.COMMANDS, **load.COMMANDS, **compare.COMMANDS, **listen.COMMANDS, **lab.COMMANDS,
}  # fmt: skip
#: Panel below the toolbar -> words and tip of its button, its heading, and what is in it. One is open at a time.
PANELS: dict[str, tuple[str, str, str, Callable[[State], Html]]] = {
    "load": ("Load…", "Load an example, a paste or a file", "Load an NCCO", load.panel),
    "save": ("Save…", "Save the NCCO to a file", "Save the NCCO", compare.save_panel),
    "compare": ("Compare", "What has changed since it was loaded or saved", "What has changed", compare.panel),
    "lab": ("Option lab", "Hear one option at several values", "Option lab: one option at several values", lab.panel),
    "play": ("Play", "Hear the call before you dial", "Hear it before you dial", listen.panel),
}


class Page:
    """What a browser shows of a draft. ``drawn`` is called after each drawing."""

    def __init__(self, draft: Draft, lock: threading.RLock, *, small: bool = False, kit: Any = None) -> None:
        self.draft, self.small, self.lock = draft, small, lock
        self.state = State(draft, kit, values=_first_values(kit))
        self.parts: dict[str, Html] = dict.fromkeys(PARTS, Html())
        self.drawn: Callable[[Page, bool], Any] = lambda page, reset: None
        self.workers: list[threading.Thread] = []
        self._cards: dict[int, tuple[Card, Html]] = {}
        self.draw()

    # What comes in

    def handle(self, message: Message, files: Sequence[bytes] = ()) -> None:
        """Do what a button or a field of the page asks for. Whatever goes wrong is shown on the page."""
        with self.lock:
            self.state.failure = ""
            try:
                self._do(message, files)
            except Exception as problem:  # it would vanish in a log that nobody reads
                self.state.failure = _words_of(problem)
            self.draw(reset=message.get("do") in RESETTING)

    def _do(self, message: Message, files: Sequence[bytes]) -> None:
        name = message.get("do")
        command = COMMANDS.get(name if isinstance(name, str) else "")
        if command is None:
            raise KitError(f"The builder knows no {name!r}.", "Run the cell again.")
        if not (name == "set" and message.get("live")):
            self.state.editing = None
        try:
            if job := command(self.state, {**message, "files": list(files)}):
                self._work(job)
        except (KeyError, TypeError, ValueError) as problem:
            raise KitError(f"The builder did not understand this: {problem!r}.", "Try it again.") from problem

    def _work(self, job: Job) -> None:
        """Begin something that takes a while, and then show what came of it in its panel."""
        self.state.busy.add(job.name)
        self.state.made_of[job.name] = self.draft.items

        def run() -> None:
            try:
                made = job.do()
            except Exception as problem:
                made = _refusal(problem)
            self._finish(job.name, made)

        self.workers = [thread for thread in self.workers if thread.is_alive()]
        thread = threading.Thread(target=run, name=f"builder-{job.name}", daemon=True)
        self.workers.append(thread)
        thread.start()

    def _finish(self, name: str, made: Html) -> None:
        with self.lock:
            self.state.busy.discard(name)
            self.state.say("Done.")
            self.state.results[name] = made
            self.draw()

    # What goes out

    def draw(self, *, reset: bool = False) -> None:
        """Draw all parts as they are now; ``reset`` says that fields show what Python has, whatever is typed there."""
        names = sample.fill(self.state)
        problems = self._problems()
        self.parts = {
            "top": self._top(problems),
            "panel": Html() if self.small else _panel(self.state),
            "cards": self._form(problems),
            "views": views(self.state, small=self.small),
            "notes": self._notes(problems, names),
        }
        self.drawn(self, reset)
        self.state.aims, self.state.said = (), ""

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
                _tool(words, name, "panel", tip, args={"panel": name}, id=f"open-{name}",
                      aria_expanded="true" if state.panel == name else "false",
                      class_="ncco-tool ncco-main" if name == "play" else "ncco-tool")
                for name, (words, tip, *_) in PANELS.items()
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
        stands = status(problems, len(draft), unread=bool(draft.text_problems))
        standing = tag("div", stands, class_="ncco-status", id="status")
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
        return join([palette(), _turner(places, count), tag("div", flow, class_="ncco-flow")])

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

    def _notes(self, problems: list[Problem], names: list[str]) -> Html:
        draft = self.draft
        parts = [problem_panel(problems, draft.ids)] if draft.items or problems else []
        if not self.small:
            parts += [sample.panel(self.state, names)] if names else []
        return join(parts)


def _panel(state: State) -> Html:
    """The panel that is open; nothing if none is."""
    name = state.panel
    if name not in PANELS:
        return Html()
    *_, heading, body = PANELS[name]
    title = tag("h4", heading, class_="ncco-title", id=f"panel-{name}", tabindex="-1")
    close = button(icon("close"), "panel", hint="Close this panel", args={"panel": name}, class_="ncco-icon")
    below, result = None, state.results.get(name)
    if name in state.busy:
        turning = tag("span", "", class_="ncco-spinner", aria_hidden="true")
        below = tag("p", turning, "Working on it …", class_="ncco-busy")
    elif result:
        below = tag("div", _late(state, name), result, class_="ncco-result", id=f"result-{name}")
    head = tag("div", title, close, class_="ncco-panel-head")
    return tag("section", head, body(state), below, class_="ncco-panel", aria_labelledby=f"panel-{name}")


def _late(state: State, name: str) -> Html | None:
    """Sounds do not follow the form: they are of the NCCO as it was when the button was pressed."""
    if name not in ("play", "lab") or state.made_of.get(name) is state.draft.items:
        return None
    said = "The NCCO has changed since this was made: press the button again to hear it."
    return tag("p", tag("span", "! ", aria_hidden="true"), said, class_="ncco-late")


def _turner(places: range, count: int) -> Html | None:
    """The way to earlier and later cards, if there are more than a page holds."""
    if count <= PAGE:
        return None
    buttons = [
        button(words, "turn", args={"first": first}, off=not 0 <= first < count, class_="ncco-small")
        for words, first in (("Earlier", places.start - PAGE), ("Later", places.stop))
    ]
    said = f"Actions {places.start} to {places.stop - 1} of {count}. All of them are in the JSON. "
    return tag("div", tag("span", said), buttons, class_="ncco-buttons", role="group", aria_label="More actions")


def _tool(words: str, drawing: str, do: str, tip: str, **more: Any) -> Html:
    same = {"class_": "ncco-tool", "id": f"do-{do}", "title": tip, **more}
    return button([icon(drawing), words], do, **same)


def _words_of(problem: Exception) -> str:
    return str(problem) if isinstance(problem, KitError) else f"{type(problem).__name__}: {problem}"


def _refusal(problem: Exception) -> Html:
    return tag("p", _words_of(problem), class_="ncco-message", role="alert")


def _first_values(kit: Any) -> dict[str, str]:
    """What stands in the text fields of the panels at first."""
    running = getattr(kit, "running", False)
    number, mine = (kit.settings.number, kit.settings.my_number) if running else ("", "")
    return {
        "to": mine or "447700900001",
        "from": number or "447700900500",
        "route": "/answer",
        "file": "call.ncco.json",
        "direction": "outbound",
        "longest": "60",
    }

"""The NCCO builder in a notebook page, used as a person would: everything is found by its role and its name."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Dialog, Error, Locator, expect

from helpers.ncco.editing.draft import Draft
from tests.browser.lab import NotebookPage

#: The cells of the notebook: the builder, what prints its list, and two for more.
CELLS = ("pass",) * 4
SETUP = "from helpers.widgets.builder.builder import Builder"
TELL = "import json; print(json.dumps(builder.to_list()))"
# From now on the page counts what a mouse does, and the frames in which nothing in the builder has the focus.
WATCH = """() => {
  const watch = window.watch = { mouse: 0, lost: [], names: ['pointerdown', 'pointermove', 'mousedown', 'mousemove'] };
  watch.count = () => watch.mouse++;
  for (const name of watch.names) addEventListener(name, watch.count, true);
  const look = () => {
    const active = document.activeElement;
    if (!active?.closest('[aria-label="NCCO builder"]')) watch.lost.push(active?.outerHTML.slice(0, 80) ?? 'none');
    watch.frame = requestAnimationFrame(look);
  };
  look(); }"""
END_WATCH = """() => {
  cancelAnimationFrame(window.watch.frame);
  for (const name of window.watch.names) removeEventListener(name, window.watch.count, true);
  return [window.watch.mouse, window.watch.lost]; }"""
OPEN_ALL = "(root) => root.querySelectorAll('.ncco-toggle[aria-expanded=false]').forEach((one) => one.click())"
IS_ACTIVE = "(element) => element === document.activeElement"
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Form:
    """``box`` is the builder that is shown; ``faults`` are errors and dialogs of the page, which nothing may cause."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        notebook.hold(*CELLS)
        # This and the cards not by role and name: each look for a control would ask all of the page for those first.
        self.box = self.page.locator(".ncco-builder")
        self.faults: list[str] = []
        self.page.on("pageerror", self._error)
        self.page.on("dialog", self._dialog)

    def leave(self) -> None:
        """Look at the page no more."""
        self.page.remove_listener("pageerror", self._error)
        self.page.remove_listener("dialog", self._dialog)

    def _error(self, error: Error) -> None:
        # On a busy machine JupyterLab itself takes an old output away twice: then every line is of its own core.
        places = [line for line in (error.stack or "").splitlines() if line.strip().startswith("at ")]
        if not places or not all("/static/lab/jlab_core." in place for place in places):
            self.faults.append(error.stack or str(error))

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def show(self, *ncco: Any, **options: Any) -> None:
        """Run the first cell, which shows a builder of its own, and see that it is the only one."""
        given = "".join(f", {key}={value!r}" for key, value in options.items())
        self.notebook.run_cell(0, f"{SETUP}\nbuilder = Builder({list(ncco)!r}{given})\nbuilder")
        expect(self.box).to_have_count(1)
        expect(self.box).to_have_role("region")
        expect(self.box).to_have_accessible_name("NCCO builder")
        expect(self.box).to_be_visible()

    def within(self, nth: int) -> Form:
        """The same for one of several builders in the page."""
        one = copy.copy(self)
        one.box = self.box.nth(nth)
        return one

    def open_all(self, cards: int) -> None:
        """Open every card; so many there are. By script: a click of the mouse waits for two frames more."""
        self.box.evaluate(OPEN_ALL)
        expect(self.box.locator(".ncco-toggle[aria-expanded=true]")).to_have_count(cards)

    # What is there

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """A button by its whole name."""
        return self.box.get_by_role("button", name=name, exact=isinstance(name, str))

    def adder(self, action: str) -> Locator:
        """The button that adds an action."""
        return self.button(re.compile(f"^Add {action}:"))

    def title(self, index: int) -> Locator:
        """The button that opens and closes the card of an action: ``0 talk “Hello”``."""
        return self.card(index).locator(".ncco-toggle")

    def card(self, index: int) -> Locator:
        """All of an action's card."""
        number = self.page.locator(".ncco-number-badge", has_text=re.compile(f"^{index}$"))
        return self.box.locator(".ncco-card").filter(has=number)

    def option(self, name: str, index: int) -> Locator:
        """The button that brings an option into sight."""
        return self.card(index).get_by_role("button", name=re.compile(f"^Set {name}:"))

    def field(self, name: str, index: int | None = None) -> Locator:
        """A field by its whole name; of one action, or of all that is there."""
        return (self.box if index is None else self.card(index)).get_by_label(name, exact=True)

    def tab(self, name: str) -> Locator:
        """The tab of one of the texts."""
        return self.box.get_by_role("tab", name=name, exact=True)

    def editor(self) -> Locator:
        """The text that can be edited."""
        return self.box.get_by_role("textbox", name="JSON of the NCCO", exact=True)

    @property
    def problems(self) -> Locator:
        """The list of problems."""
        return self.box.get_by_role("region", name="Problems", exact=True)

    # What Python has, and what the page shows of it

    def python_has(self, *expected: Any, name: str = "builder") -> None:
        """The list in Python is this one, or will be as soon as what was done has arrived there."""
        self.notebook.ask_until(f"import json; print(json.dumps({name}.to_list()))", json.dumps(expected))

    def shows(self, *expected: Any) -> None:
        """The JSON is that of this list."""
        expect(self.editor()).to_have_value(Draft(list(expected)).text)

    def in_step(self, *expected: Any) -> None:
        """Python has this list, and the page shows it: its text and a card for each action."""
        self.python_has(*expected)
        self.shows(*expected)
        for index, item in enumerate(expected):
            expect(self.card(index)).to_have_role("listitem")
            expect(self.card(index).get_by_role("heading", name=re.compile(rf"^{index} \w"))).to_have_count(1)
            expect(self.title(index)).to_have_accessible_name(re.compile(rf"^{index} {item['action']}\b"))
        expect(self.title(len(expected))).to_have_count(0)

    def printed(self) -> list[Any]:
        """What a cell of the notebook prints as the list."""
        self.notebook.run_cell(1, TELL)
        return list(json.loads("".join(self.notebook.cells()[1]["outputs"][0]["text"])))

    # The keyboard

    def keys(self, *keys: str) -> None:
        """Press these keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str, delay: float = 0) -> None:
        """Type a text where the cursor is; ``delay`` in milliseconds."""
        self.page.keyboard.type(text, delay=delay)

    def go_to(self, target: Locator, key: str = "Tab", most: int = 100) -> None:
        """Press Tab (or Shift+Tab) until this has the focus."""
        element = target.element_handle()
        for _ in range(most):
            if element.evaluate(IS_ACTIVE):
                return
            self.keys(key)
        raise AssertionError(f"{most} times {key} do not lead to {target}")

    @contextmanager
    def keyboard_only(self) -> Iterator[None]:
        """See to it that no mouse is used meanwhile, and that the focus never leaves the builder."""
        self.page.evaluate(WATCH)
        yield
        self.page.evaluate(FRAME)
        mouse, lost = self.page.evaluate(END_WATCH)
        assert (mouse, lost) == (0, []), f"{mouse} events of a mouse; the focus was at {lost}"


def write(field: Locator, text: str) -> None:
    """Put a text into a field, in place of what was there. The last letter is typed.

    When only a script has changed a field Firefox tells of no change as the field is left. After that its cursor may
    stand before the text.
    """
    field.fill(text[:-1])
    field.press("Control+End")
    field.press_sequentially(text[-1:])

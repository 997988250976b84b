"""Load an NCCO: an example by its name, a paste, a file, or what the learner's server answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...base.text import one_line
from ...ncco.jsontext import LONGEST, from_json
from ...ncco.problems.problems import NccoError
from ...ncco.texts.texts import read_file
from .compare import below

if TYPE_CHECKING:
    from .page import Page

#: The largest answer of a server that is read, in bytes; and how long it may take, in seconds.
MOST_BYTES = 1_000_000
PATIENCE = 5.0


def panel(page: Page) -> Html:
    """Four ways to load."""
    from ...ncco.editing.examples import EXAMPLES

    state = page.state
    examples = {"": "choose one", **{name: f"{one.title}" for name, one in EXAMPLES.items()}}
    chosen = EXAMPLES.get(state.value("example"))
    about = [chosen.about, f" A real call needs {chosen.needs}." if chosen.needs else ""] if chosen else []
    return tag("div", [
        _way("An example", state.choice("example", "Example", examples, wide=True),
             tag("p", about, class_="ncco-quiet") if about else None,
             button("Load the example", "load_example", off=chosen is None, class_="ncco-button ncco-primary")),
        _way("A paste", state.field("paste", "JSON, Python, or a Node-RED flow", rows=5),
             button("Load the paste", "load_paste", class_="ncco-button ncco-primary")),
        _way("A file",
             tag("div", tag("label", "File of this computer", for_="file-here"),
                 tag("input", type="file", id="file-here", accept=".json,.txt,.py", data_do="load_file"),
                 class_="ncco-field ncco-wide"),
             state.field("path", "Or one below the notebook's folder", hint="call.ncco.json", wide=True),
             button("Load the file", "load_path", class_="ncco-button ncco-primary")),
        _way("Your server", state.field("address", "Address of an answer route", wide=True),
             button("Ask the server", "load_address", off="load" in state.busy, class_="ncco-button ncco-primary")),
    ], class_="ncco-ways")  # fmt: skip


def _way(heading: str, *inside: Any) -> Html:
    return tag("div", tag("h5", heading), *inside, class_="ncco-way", role="group", aria_label=heading)


def example(page: Page, _: dict[str, Any]) -> None:
    """Load the example that was chosen, and what its caller does for the player."""
    from ...ncco.editing.examples import EXAMPLES

    chosen = EXAMPLES.get(page.state.value("example"))
    if chosen is None:
        raise KitError("No example is chosen.", "Choose one in the menu.")
    page.state.script = tuple(chosen.script)
    _take(page, chosen.ncco, f"the example “{chosen.title}”")


def paste(page: Page, _: dict[str, Any]) -> None:
    """Load what was pasted."""
    load_text(page, page.state.value("paste"), "the paste")


def path(page: Page, _: dict[str, Any]) -> None:
    """Load a file below the notebook's folder."""
    file = below(page.state.value("path"))
    load_text(page, read_file(file), file.name)


def file(page: Page, message: dict[str, Any]) -> None:
    """Load a file that was handed over by the browser."""
    name, size = str(message.get("name", "the file")), int(message.get("size", 0))
    if size > LONGEST:
        cure = "The NCCO of a call has some thousands: is this the right file?"
        raise KitError(f"{one_line(name, 60)} has {size:,} bytes; {LONGEST:,} are the most that are read.", cure)
    load_text(page, message["files"][0], name)


def address(page: Page, _: dict[str, Any]) -> None:
    """Ask the learner's server, in a thread of its own."""
    from .address import answer_of

    url, kit = page.state.value("address").strip(), page.kit

    page.work("load", lambda: answer_of(url, kit, MOST_BYTES, PATIENCE), lambda text: load_text(page, text, url))


def load_text(page: Page, text: str | bytes, where: str) -> Html:
    """Take over the NCCO in a text: JSON, Python, or the first one of a Node-RED flow. Says what was found."""
    if not text.strip():
        raise KitError("There is nothing in it.", "Paste an NCCO, or choose something that holds one.")
    data = from_json(text)[0]
    if _is_flow(data):
        return _take_flow(page, data, where)
    where = one_line(where, 60)
    try:
        page.draft.load(text)
    except NccoError as problem:
        found = problem.problems[0]
        if found.fix is None:
            raise KitError(f"There is no NCCO in {where}: {found.message}", found.cure) from None
        page.draft.load(found.fix.apply(data))
        where += f", mended: “{found.fix.label}”"
    page.state.values.pop("paste", None)
    return _loaded(page, where)


def _is_flow(data: Any) -> bool:
    """Node-RED exports a list of nodes: objects with ``id`` and ``type``, and no action."""
    nodes = [one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict)]
    return any("type" in one and "id" in one for one in nodes) and not any(
        "action" in one and "wires" not in one for one in nodes
    )


def _take_flow(page: Page, data: Any, where: str) -> Html:
    from ...node_red import import_flow

    imported = import_flow(data)
    if not imported.nccos:
        raise KitError(f"{where} is a Node-RED flow without an NCCO.", "Choose one with nodes such as stream or talk.")
    first, *others = imported.nccos
    page.state.script = ()
    page.draft.load(first.ncco)
    if first.variables:
        page.sample.give(first.variables, page.state)
    notes = [f"{note.node}: {note.text}" for note in imported.notes]
    notes += [f"Not translated: {one.type} {one.name}. {one.instead}" for one in imported.not_translated]
    more = [
        tag("p", f"The flow holds {len(others)} more: {', '.join(one.name for one in others)}.", class_="ncco-quiet")
    ] if others else []  # fmt: skip
    page.state.results["load"] = join([
        tag("p", f"Loaded from the Node-RED flow: {first.name}, {first.where}.", class_="ncco-done"),
        more,
        tag("ul", [tag("li", note) for note in notes[:60]], class_="ncco-list") if notes else None,
    ])  # fmt: skip
    page.forget_cards()
    return page.state.results["load"]


def _take(page: Page, items: list[Any], where: str) -> None:
    page.draft.load(items)
    _loaded(page, where)


def _loaded(page: Page, where: str) -> Html:
    count = len(page.draft)
    said = f"Loaded {count} action{'' if count == 1 else 's'} from {where}. Undo brings back what was there."
    page.state.results["load"] = tag("p", said, class_="ncco-done")
    page.forget_cards()
    page.say(said)
    return page.state.results["load"]


COMMANDS = {
    "load_example": example,
    "load_paste": paste,
    "load_path": path,
    "load_file": file,
    "load_address": address,
}

"""Load an NCCO: an example by its name, a paste, or a file."""

from __future__ import annotations

from typing import Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...base.text import one_line
from ...ncco.jsontext import LONGEST, from_json, unwrapped
from ...ncco.problems.problems import NccoError
from ...ncco.texts.texts import as_json, read_file
from .compare import below
from .pieces import choice, field
from .sample import give
from .state import Message, State


def panel(state: State) -> Html:
    """Three ways to load."""
    from ...ncco.editing.examples import EXAMPLES

    examples = {"": "choose one", **{name: f"{one.title}" for name, one in EXAMPLES.items()}}
    chosen = EXAMPLES.get(state.value("example"))
    about = [chosen.about, f" A real call needs {chosen.needs}." if chosen.needs else ""] if chosen else []
    return tag("div", [
        _way("An example", choice(state, "example", "Example", examples, wide=True),
             tag("p", about, class_="ncco-quiet") if about else None,
             button("Load the example", "load_example", off=chosen is None, class_="ncco-button ncco-primary")),
        _way("A paste", field(state, "paste", "JSON, or a Node-RED flow", rows=5),
             button("Load the paste", "load_paste", class_="ncco-button ncco-primary")),
        _way("A file",
             tag("div", tag("label", "File of this computer", for_="file-here"),
                 tag("input", type="file", id="file-here", accept=".json,.txt", data_do="load_file"),
                 class_="ncco-field ncco-wide"),
             field(state, "path", "Or one below the notebook's folder", hint="call.ncco.json", wide=True),
             button("Load the file", "load_path", class_="ncco-button ncco-primary")),
    ], class_="ncco-ways")  # fmt: skip


def _way(heading: str, *inside: Any) -> Html:
    return tag("div", tag("h5", heading), *inside, class_="ncco-way", role="group", aria_label=heading)


def example(state: State, _: Message) -> None:
    """Load the example that was chosen, and for the player what its caller does, and what follows a key."""
    from ...ncco.editing.examples import EXAMPLES

    chosen = EXAMPLES.get(state.value("example"))
    if chosen is None:
        raise KitError("No example is chosen.", "Choose one in the menu.")
    state.script = tuple(chosen.script)
    state.values["answers"] = "named" if chosen.replies else ""
    state.values["replies"] = as_json(chosen.replies) if chosen.replies else ""
    state.draft.load(chosen.ncco)
    _counted(state, f"the example “{chosen.title}”")


def paste(state: State, _: Message) -> None:
    """Load what was pasted."""
    load_text(state, state.value("paste"), "the paste")


def path(state: State, _: Message) -> None:
    """Load a file below the notebook's folder."""
    file = below(state.value("path"))
    load_text(state, read_file(file), file.name)


def file(state: State, message: Message) -> None:
    """Load a file that was handed over by the browser."""
    name, size = str(message.get("name", "the file")), int(message.get("size", 0))
    if size > LONGEST:
        cure = "The NCCO of a call has some thousands: is this the right file?"
        raise KitError(f"{one_line(name, 60)} has {size:,} bytes; {LONGEST:,} are the most that are read.", cure)
    load_text(state, message["files"][0], name)


def load_text(state: State, text: str | bytes, where: str) -> None:
    """Take over the NCCO in a text: JSON, or the first one of a Node-RED flow."""
    if not text.strip():
        raise KitError("There is nothing in it.", "Paste an NCCO, or choose something that holds one.")
    data, read = from_json(text)
    mend = next((one.fix for one in read if data is None and one.fix), None)
    data = unwrapped(mend.apply(text) if mend else data)
    if _is_flow(data):
        _take_flow(state, data, where)
        return
    where = one_line(where, 60)
    try:
        state.draft.load(text)
    except NccoError as problem:
        found = problem.problems[0]
        if found.fix is None:
            raise KitError(f"There is no NCCO in {where}: {found.message}", found.cure) from None
        state.draft.load(found.fix.apply(data))
        where += f", mended: “{found.fix.label}” ({found.cure.rstrip('.')})"
    state.values.pop("paste", None)
    _counted(state, where)


def _is_flow(data: Any) -> bool:
    """Node-RED exports a list of nodes: objects with ``id`` and ``type``, and no action."""
    nodes = [one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict)]
    return any("type" in one and "id" in one for one in nodes) and not any(
        "action" in one and "wires" not in one for one in nodes
    )


def _take_flow(state: State, data: Any, where: str) -> None:
    from ...node_red import import_flow

    imported = import_flow(data)
    if not imported.nccos:
        raise KitError(f"{where} is a Node-RED flow without an NCCO.", "Choose one with nodes such as stream or talk.")
    first, *others = imported.nccos
    state.script = ()
    state.draft.load(first.ncco)
    if first.variables:
        give(state, first.variables)
    notes = [f"{note.node}: {note.text}" for note in imported.notes]
    notes += [f"Not translated: {one.type} {one.name}. {one.instead}" for one in imported.not_translated]
    rest = f"The flow holds {len(others)} more: {', '.join(one.name for one in others)}."
    _loaded(
        state,
        f"Loaded from the Node-RED flow: {first.name}, {first.where}.",
        tag("p", rest, class_="ncco-quiet") if others else None,
        tag("ul", [tag("li", note) for note in notes[:60]], class_="ncco-list") if notes else None,
    )


def _counted(state: State, where: str) -> None:
    count = len(state.draft)
    actions = f"{count} action{'' if count == 1 else 's'}"
    _loaded(state, f"Loaded {actions} from {where}. Undo brings back what was there.")


def _loaded(state: State, said: str, *below: Html | None) -> None:
    state.results["load"] = join([tag("p", said, class_="ncco-done"), below])
    state.forget_cards()
    state.say(said)


COMMANDS = {
    "load_example": example,
    "load_paste": paste,
    "load_path": path,
    "load_file": file,
}

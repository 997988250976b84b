"""Save the NCCO to a file, and see in words what has changed."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...base.text import one_line
from .pieces import field
from .state import Message, State

SUFFIX = ".json"


def below(name: str) -> Path:
    """The file of that name in the notebook's folder, or in one below it. Raises :class:`KitError` for any other."""
    text = name.strip()
    folder = Path.cwd().resolve()
    cure = "Write for example call.json."
    if not text:
        raise KitError("The file has no name yet.", cure)
    try:
        path = (folder / text).resolve()
        path.exists()
    except (OSError, ValueError):
        raise KitError(f"{one_line(text, 60)} cannot be the name of a file.", cure) from None
    if not path.is_relative_to(folder) or path == folder:
        raise KitError(f"{one_line(text, 60)} is not a file below the notebook's folder.", cure)
    return path


def save_panel(state: State) -> Html:
    """The file's name, and the button."""
    asked = state.value("replace")
    again = button("Replace it", "save", args={"replace": True}, class_="ncco-button ncco-warn") if asked else None
    return join([
        tag("div", field(state, "file", "File name, in the notebook's folder", wide=True),
            button("Save", "save", class_="ncco-button ncco-primary"), again, class_="ncco-fields"),
        None if state.draft.items else tag("p", "There is no action in it yet.", class_="ncco-quiet"),
    ])  # fmt: skip


def save(state: State, message: Message) -> None:
    """Write the file; one that is there is replaced only after a second question."""
    name = state.value("file").strip()
    path = below(name if name.endswith(SUFFIX) or not name else f"{name}{SUFFIX}")
    state.values.pop("replace", None)
    if path.exists() and not message.get("replace"):
        state.values["replace"] = str(path)
        state.results["save"] = tag("p", f"{path.name} is there already. Replace it, or choose another name.",
                                         class_="ncco-message", role="alert")  # fmt: skip
        return
    state.draft.save(path, replace=True)
    count = len(state.draft)
    said = f"Saved {count} action{'' if count == 1 else 's'} to {path.relative_to(Path.cwd().resolve())}."
    state.results["save"] = tag("p", said, class_="ncco-done")
    state.say(said)


def panel(state: State) -> Html:
    """The differences since it was loaded or saved."""
    found = state.draft.differences
    title = tag("p", "Since it was loaded or saved:", class_="ncco-quiet")
    if not found:
        return tag("p", "Nothing has changed since it was loaded or saved.", class_="ncco-quiet")
    return join([title, tag("ul", [tag("li", one) for one in found[:200]], class_="ncco-list")])


COMMANDS = {"save": save}

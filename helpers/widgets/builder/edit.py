"""What the controls of the form and of the texts do: each name is what a button or a field sends."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...ncco.editing.paths import known_action, option_at, value_at
from ...ncco.jsontext import LONGEST, from_json
from ...ncco.models.actions import ACTIONS
from ...ncco.schema import options_of
from ...ncco.texts.texts import TEXTS
from .controls import as_data, read, safe_id

if TYPE_CHECKING:
    from .page import Page

Message = dict[str, Any]
Command = Callable[["Page", Message], None]


def starter(action: str) -> dict[str, Any]:
    """The action with an example for each option that it requires: something that runs, to be changed."""
    needed = {option.name: option.example for option in options_of(ACTIONS[action]) if option.required}
    return {"action": action, **{name: copy.deepcopy(value) for name, value in needed.items() if value is not None}}


def add(page: Page, message: Message) -> None:
    """Put in an action at the end, open it, and go to its first field."""
    action = str(message["action"])
    item = starter(action) if action in ACTIONS else {}
    place = page.draft.add(action, **{name: value for name, value in item.items() if name != "action"})
    number = page.draft.ids[place]
    page.state.open.add(number)
    first = next(iter(options_of(ACTIONS[action])), None)
    path = f"{number}-{first.name}" if first else ""
    page.show_place(place)
    page.state.look = (number, first.name if first and first.required else "")
    page.focus(path if first and first.required else "", f"{path}-0", f"chip-{path}", f"title-{number}")
    page.say(f"{action} added as action {place}.")


def toggle(page: Page, message: Message) -> None:
    """Open or close a card."""
    page.state.open ^= {message["id"]}
    page.state.look = (message["id"], "")


def show(page: Page, message: Message) -> None:
    """Bring an option that is not set into sight, and go to it."""
    number, option = message["id"], str(message["option"])
    page.state.shown.setdefault(number, set()).add(option)
    page.state.look = (number, option)
    page.focus(f"{number}-{safe_id(option)}", f"{number}-{safe_id(option)}-0")


def set_(page: Page, message: Message) -> None:
    """A value was typed, ticked or chosen. ``live``: the field has not been left yet."""
    number, path = message["id"], str(message["path"])
    place = page.place(number)
    item = page.draft.items[place]
    raw = bool(message.get("raw"))
    option = None if raw else option_at(item, path)
    value = read(option, message.get("value", ""))
    page.type_in(number, path, bool(message.get("live")))
    # What has been shown stays, or a row would vanish under the cursor when it is emptied.
    page.state.shown.setdefault(number, set()).add(path.partition(".")[0])
    edit = ("set", number, path)
    if option is not None and option.variants and value:
        # Another type keeps what both types have.
        path, value = f"{path}.type", value[0]["type"]
    page.draft.set(place, path, value, edit=edit)
    if not message.get("live"):
        page.draft.end_edit()


def tick(page: Page, message: Message) -> None:
    """One of several choices was switched on or off."""
    number, path = message["id"], str(message["path"])
    place = page.place(number)
    item = page.draft.items[place]
    option = option_at(item, path)
    held = value_at(item, path)
    now = set(held if isinstance(held, list) else ())
    now = now | {message["choice"]} if message["value"] else now - {message["choice"]}
    page.state.shown.setdefault(number, set()).add(path.partition(".")[0])
    page.draft.set(place, path, [one for one in (option.choices if option else ()) if one in now] or None)


def unset(page: Page, message: Message) -> None:
    """Take an option out; its row stays in sight."""
    number, path = message["id"], str(message["path"])
    page.state.shown.setdefault(number, set()).add(path.partition(".")[0])
    page.draft.set(page.place(number), path, None)
    page.focus(f"{number}-{safe_id(path)}", f"title-{number}")
    page.say(f"{path} left out.")


def put(page: Page, message: Message) -> None:
    """The JSON of a whole action was changed."""
    page.draft.put(page.place(message["id"]), as_data(str(message["value"])))


def remove(page: Page, message: Message) -> None:
    """Take an action out, and go to its neighbour."""
    place = page.place(message["id"])
    name = known_action(page.draft.items[place]) or "action"
    page.draft.remove(place)
    ids = page.draft.ids
    page.focus(f"title-{ids[min(place, len(ids) - 1)]}" if ids else "palette-first")
    page.say(f"{name} deleted. {len(ids)} left.")


def duplicate(page: Page, message: Message) -> None:
    """Put a copy behind an action, open like it, and go to it."""
    place = page.draft.duplicate(page.place(message["id"]))
    number = page.draft.ids[place]
    page.state.open |= {number} if message["id"] in page.state.open else set()
    page.show_place(place)
    page.focus(f"title-{number}")
    page.say(f"Copied to action {place}.")


def up(page: Page, message: Message) -> None:
    """Move an action one place up."""
    _move(page, message["id"], -1)


def down(page: Page, message: Message) -> None:
    """Move an action one place down."""
    _move(page, message["id"], 1)


def _move(page: Page, number: int, by: int) -> None:
    place = page.place(number)
    if not 0 <= place + by < len(page.draft):
        page.say("It is at the end already." if by > 0 else "It is at the beginning already.")
        return
    page.draft.move(place, place + by)
    page.show_place(place + by)
    page.say(f"Now action {place + by}.")


def undo(page: Page, _: Message) -> None:
    """Take back the last step."""
    page.say("Undone." if page.draft.undo() else "There is nothing to undo.")


def redo(page: Page, _: Message) -> None:
    """Do again what was taken back."""
    page.say("Done again." if page.draft.redo() else "There is nothing to do again.")


def new(page: Page, _: Message) -> None:
    """Begin anew; the old NCCO is one undo away."""
    page.draft.clear()
    page.focus("palette-first")
    page.say("Empty now. Undo brings the old one back.")


def _kind(message: Message) -> str:
    """The text that is meant."""
    kind = str(message["kind"])
    if kind not in TEXTS:
        raise KitError(f"{kind} cannot be edited.", "Edit the JSON or the Python.")
    return kind


def text(page: Page, message: Message) -> None:
    """The JSON or Python was edited."""
    kind = _kind(message)
    shown = page.draft.text(kind)
    typed = str(message["value"]).replace("\r\n", "\n")
    if typed == shown:
        return
    found = page.draft.set_text(kind, typed)
    page.say(f"Not taken: {found[0].message}" if found else "Taken over.")


def fix_text(page: Page, message: Message) -> None:
    """Put right with one click what keeps a text from being read."""
    kind = _kind(message)
    problem = next((one for one in page.draft.text_problems(kind) if one.fix), None)
    if problem is None or problem.fix is None:
        raise KitError("There is nothing to fix any more.", "Look at the text again.")
    page.draft.replace(problem.fix.apply(from_json(page.draft.text(kind))[0]))
    page.focus(f"editor-{kind}")


def forget(page: Page, message: Message) -> None:
    """Drop a text that could not be read."""
    kind = _kind(message)
    page.draft.forget_text(kind)
    page.focus(f"editor-{kind}")
    page.say("Your text is gone. Undo brings it back.")


def fix(page: Page, message: Message) -> None:
    """Put a problem right."""
    number = message.get("id")
    for problem in page.draft.problems():
        at = page.draft.ids[problem.action] if problem.action is not None else None
        same = (problem.rule, problem.field) == (message.get("rule"), message.get("field"))
        if same and at == number and problem.fix is not None and problem.fix.label == message.get("label"):
            page.draft.apply(problem.fix)
            page.say(f"Done: {problem.fix.label}.")
            page.focus(*page.ways_to(number, problem.field), "problems")
            return
    raise KitError("This problem is gone already.", "Look at the list of problems again.")


def jump(page: Page, message: Message) -> None:
    """Open the place that a problem speaks of, and go there."""
    number, field = message["id"], str(message.get("field", ""))
    page.show_place(page.place(number))
    page.state.open.add(number)
    if field:
        page.state.shown.setdefault(number, set()).add(field.partition(".")[0])
    page.focus(*page.ways_to(number, field))


def see(page: Page, _: Message) -> None:
    """Go to the list of problems."""
    page.focus("problems")


def look(page: Page, message: Message) -> None:
    """The cursor is in an option now: its reference is shown."""
    page.state.look = (message["id"], str(message.get("path", "")))


def tab(page: Page, message: Message) -> None:
    """Another text comes to the front."""
    page.state.tab = str(message["tab"])
    page.focus(f"tab-{page.state.tab}")


def panel(page: Page, message: Message) -> None:
    """A panel of the toolbar is opened, or closed if it is open."""
    name = str(message["panel"])
    page.state.panel = "" if page.state.panel == name else name
    page.focus(f"panel-{name}" if page.state.panel else f"open-{name}")


def field(page: Page, message: Message) -> None:
    """A text field of a panel was filled in."""
    value = str(message["value"])
    if len(value) > LONGEST:
        raise KitError(
            f"This has {len(value):,} characters; {LONGEST:,} are the most that are read.", "Is it the right text?"
        )
    page.state.values[str(message["name"])] = value


def turn(page: Page, message: Message) -> None:
    """Other cards of a very long NCCO."""
    page.show_place(int(message["first"]))


def dismiss(page: Page, _: Message) -> None:
    """The failure has been read."""
    page.state.failure = ""


COMMANDS: dict[str, Command] = {
    "add": add, "toggle": toggle, "show": show, "set": set_, "tick": tick, "unset": unset, "put": put,
    "remove": remove, "duplicate": duplicate, "up": up, "down": down, "undo": undo, "redo": redo, "new": new,
    "text": text, "fix_text": fix_text, "forget": forget, "fix": fix, "jump": jump, "see": see, "look": look,
    "tab": tab, "panel": panel, "field": field, "turn": turn, "dismiss": dismiss,
}  # fmt: skip

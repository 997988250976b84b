"""What the controls of the form and of the texts do: each name is what a button or a field sends."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ...base.errors import KitError
from ...ncco.editing.paths import option_at, value_at
from ...ncco.jsontext import LONGEST, from_json
from ...ncco.models.actions import ACTIONS, known_action
from ...ncco.schema import options_of
from .controls import as_data, read, safe_id
from .state import Message, State


def starter(action: str) -> dict[str, Any]:
    """The action with an example for each option that it requires: something that runs, to be changed."""
    needed = {option.name: option.example for option in options_of(ACTIONS[action]) if option.required}
    return {"action": action, **{name: copy.deepcopy(value) for name, value in needed.items() if value is not None}}


def add(state: State, message: Message) -> None:
    """Put in an action at the end, open it, and go to its first field."""
    action = str(message["action"])
    item = starter(action) if action in ACTIONS else {}
    place = state.draft.add(action, **{name: value for name, value in item.items() if name != "action"})
    number = state.draft.ids[place]
    state.open.add(number)
    first = next(iter(options_of(ACTIONS[action])), None)
    path = f"{number}-{first.name}" if first else ""
    state.turn_to(place)
    state.focus(path if first and first.required else "", f"{path}-0", f"chip-{path}", f"title-{number}")
    state.say(f"{action} added as action {place}.")


def toggle(state: State, message: Message) -> None:
    """Open or close a card."""
    state.open ^= {message["id"]}


def show(state: State, message: Message) -> None:
    """Bring an option that is not set into sight, and go to it."""
    number, option = message["id"], str(message["option"])
    state.keep_in_sight(number, option)
    state.focus(f"{number}-{safe_id(option)}", f"{number}-{safe_id(option)}-0")


def set_(state: State, message: Message) -> None:
    """A value was typed, ticked or chosen. ``live``: the field has not been left yet."""
    number, path = message["id"], str(message["path"])
    place = state.place(number)
    item = state.draft.items[place]
    raw = bool(message.get("raw"))
    option = None if raw else option_at(item, path)
    value = read(option, message.get("value", ""))
    state.type_in(number, path, bool(message.get("live")))
    # What has been shown stays, or a row would vanish under the cursor when it is emptied.
    state.keep_in_sight(number, path)
    edit = ("set", number, path)
    if option is not None and option.variants and value:
        # Another type keeps what both types have.
        path, value = f"{path}.type", value[0]["type"]
    state.draft.set(place, path, value, edit=edit)
    if not message.get("live"):
        state.draft.end_edit()


def tick(state: State, message: Message) -> None:
    """One of several choices was switched on or off."""
    number, path = message["id"], str(message["path"])
    place = state.place(number)
    item = state.draft.items[place]
    option = option_at(item, path)
    held = value_at(item, path)
    now = set(held if isinstance(held, list) else ())
    now = now | {message["choice"]} if message["value"] else now - {message["choice"]}
    state.keep_in_sight(number, path)
    state.draft.set(place, path, [one for one in (option.choices if option else ()) if one in now] or None)


def unset(state: State, message: Message) -> None:
    """Take an option out; its row stays in sight."""
    number, path = message["id"], str(message["path"])
    state.keep_in_sight(number, path)
    state.draft.set(state.place(number), path, None)
    state.focus(f"{number}-{safe_id(path)}", f"title-{number}")
    state.say(f"{path} left out.")


def put(state: State, message: Message) -> None:
    """The JSON of a whole action was changed."""
    state.draft.put(state.place(message["id"]), as_data(str(message["value"])))


def remove(state: State, message: Message) -> None:
    """Take an action out, and go to its neighbour."""
    place = state.place(message["id"])
    name = known_action(state.draft.items[place]) or "action"
    state.draft.remove(place)
    ids = state.draft.ids
    state.focus(f"title-{ids[min(place, len(ids) - 1)]}" if ids else "palette-first")
    state.say(f"{name} deleted. {len(ids)} left.")


def duplicate(state: State, message: Message) -> None:
    """Put a copy behind an action, open like it, and go to it."""
    place = state.draft.duplicate(state.place(message["id"]))
    number = state.draft.ids[place]
    state.open |= {number} if message["id"] in state.open else set()
    state.turn_to(place)
    state.focus(f"title-{number}")
    state.say(f"Copied to action {place}.")


def move(state: State, message: Message) -> None:
    """Move an action one place up or down."""
    place = state.place(message["id"])
    to = place + (1 if message["do"] == "down" else -1)
    if not 0 <= to < len(state.draft):
        state.say("It is at the end already." if to > 0 else "It is at the beginning already.")
        return
    state.draft.move(place, to)
    state.turn_to(to)
    state.say(f"Now action {to}.")


def undo(state: State, _: Message) -> None:
    """Take back the last step."""
    state.say("Undone." if state.draft.undo() else "There is nothing to undo.")


def redo(state: State, _: Message) -> None:
    """Do again what was taken back."""
    state.say("Done again." if state.draft.redo() else "There is nothing to do again.")


def new(state: State, _: Message) -> None:
    """Begin anew; the old NCCO is one undo away."""
    state.draft.clear()
    state.focus("palette-first")
    state.say("Empty now. Undo brings the old one back.")


def text(state: State, message: Message) -> None:
    """The JSON was edited."""
    typed = str(message["value"]).replace("\r\n", "\n")
    if typed == state.draft.text:
        return
    found = state.draft.set_text(typed)
    state.say(f"Not taken: {found[0].message}" if found else "Taken over.")


def fix_text(state: State, _: Message) -> None:
    """Put right with one click what keeps a text from being read."""
    problem = next((one for one in state.draft.text_problems if one.fix), None)
    if problem is None or problem.fix is None:
        raise KitError("There is nothing to fix any more.", "Look at the text again.")
    state.draft.replace(problem.fix.apply(from_json(state.draft.text)[0]))
    state.focus("editor-json")


def forget(state: State, _: Message) -> None:
    """Drop a text that could not be read."""
    state.draft.forget_text()
    state.focus("editor-json")
    state.say("Your text is gone. Undo brings it back.")


def fix(state: State, message: Message) -> None:
    """Put a problem right."""
    number = message.get("id")
    for problem in state.draft.problems():
        at = state.draft.ids[problem.action] if problem.action is not None else None
        same = (problem.rule, problem.field) == (message.get("rule"), message.get("field"))
        if same and at == number and problem.fix is not None and problem.fix.label == message.get("label"):
            state.draft.apply(problem.fix)
            state.say(f"Done: {problem.fix.label}.")
            state.focus(*state.ways_to(number, problem.field), "problems")
            return
    raise KitError("This problem is gone already.", "Look at the list of problems again.")


def jump(state: State, message: Message) -> None:
    """Open the place that a problem speaks of, and go there."""
    number, field = message["id"], str(message.get("field", ""))
    state.turn_to(state.place(number))
    state.open.add(number)
    if field:
        state.keep_in_sight(number, field)
    state.focus(*state.ways_to(number, field))


def see(state: State, _: Message) -> None:
    """Go to the list of problems."""
    state.focus("problems")


def tab(state: State, message: Message) -> None:
    """Another text comes to the front."""
    state.tab = str(message["tab"])
    state.focus(f"tab-{state.tab}")


def panel(state: State, message: Message) -> None:
    """A panel of the toolbar is opened, or closed if it is open."""
    name = str(message["panel"])
    state.panel = "" if state.panel == name else name
    state.focus(f"panel-{name}" if state.panel else f"open-{name}")


def field(state: State, message: Message) -> None:
    """A text field of a panel was filled in."""
    value = str(message["value"])
    if len(value) > LONGEST:
        raise KitError(
            f"This has {len(value):,} characters; {LONGEST:,} are the most that are read.", "Is it the right text?"
        )
    state.values[str(message["name"])] = value


def turn(state: State, message: Message) -> None:
    """Other cards of a very long NCCO."""
    state.turn_to(int(message["first"]))


def dismiss(state: State, _: Message) -> None:
    """The failure has been read."""
    state.failure = ""


COMMANDS: dict[str, Callable[[State, Message], None]] = {
    "add": add, "toggle": toggle, "show": show, "set": set_, "tick": tick, "unset": unset, "put": put,
    "remove": remove, "duplicate": duplicate, "up": move, "down": move, "undo": undo, "redo": redo, "new": new,
    "text": text, "fix_text": fix_text, "forget": forget, "fix": fix, "jump": jump, "see": see,
    "tab": tab, "panel": panel, "field": field, "turn": turn, "dismiss": dismiss,
}  # fmt: skip

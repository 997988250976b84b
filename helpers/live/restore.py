"""Puts an account back as it was found."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.text import one_line
from ..calls.statuses import LAST, LIVE
from ..settings.checks import CREDENTIALS
from ..settings.settings import Settings
from ..vonage.client import Vonage
from ..vonage.errors import BadRequestError, NotFoundError
from . import ownership as own
from .journal import Journal, Step
from .past import past_the_gate

logger = logging.getLogger(__name__)

Json = dict[str, Any]
NOBODY = "https://example.com"  # answers 200 to everything and does nothing
# In its first second or two a call cannot be ended (support article 10359615124380).
TRIES, PAUSE = 4, 1.0  # seconds
LATE = "Vonage has not answered yet what was asked for, so nothing is put back; kit.restore() does it later"
CREATIONS = ("create_application", "buy_number")
CHANGES = ("replace_application", "delete_application", "update_number", "cancel_number")
DONE = {"create_application": "made", "replace_application": "changed", "delete_application": "deleted",
        "buy_number": "rented", "update_number": "linked", "cancel_number": "given back"}  # fmt: skip


class AsFound:
    """The account of these settings, watched by ``guard`` from :meth:`begin` on, put back by :meth:`put_back`.

    What is the kit's own, an application it made or a
    number it rented, stays; its webhooks then lead to example.com. Calls that this kernel started, or one that has died
    since, are hung up. Links and webhooks are put back by the last kernel alive in a folder, and only where they still
    are as the kit left them.
    """

    def __init__(
        self,
        settings: Settings,
        public: Callable[[], str],
        allowed: Callable[[], Any] = own.allowed_in_notebook,
        heard: Callable[[str], bool] = lambda uuid: False,
    ) -> None:
        self._settings = settings
        self._vonage = past_the_gate(settings)()
        self.journal = Journal(settings.dotenv.parent / ".live", settings.api_key)
        self.guard = own.Ownership(self.journal, self.vonage, public, allowed, heard)

    def vonage(self) -> Vonage:
        """A client of Vonage itself, with the credentials that the settings have now."""
        self._vonage.settings.use(**{name: getattr(self._settings, name) for name in CREDENTIALS})
        return self._vonage

    def begin(self) -> AsFound:
        """Say that this kernel uses the account."""
        self.journal.enter()
        return self

    def end(self) -> list[str]:
        """Put back what is open, and say that this kernel does not use the account any more.

        Returns lines: what it did to the account, and what was put back.
        """
        away = self.guard.on_their_way()
        try:
            # In one go: of two kernels that end at once, the second one finds the first one gone.
            with self.journal.alone():
                try:
                    return [*filter(None, [self.did()]), *self._all_back(away)]
                finally:
                    self.journal.leave()
        finally:
            self.journal.leave()  # also where another kernel has kept this one waiting for too long
            self._vonage.close()

    def did(self) -> str:
        """A line about what this kernel did to the account; empty if that is nothing."""
        steps = [s for s in self.journal.steps() if s.kernel == self.journal.kernel and s.came != "refused"]
        done = dict.fromkeys(f"{name_of(step)} {DONE[step.kind]}" for step in steps if step.kind != "create_call")
        calls = len([step for step in steps if step.kind == "create_call"])
        said = [*done, *([f"{calls} call{'s' if calls > 1 else ''} placed"] if calls else [])]
        return f"In your account: {', '.join(said)}." if said else ""

    def left_open(self) -> str:
        """A line about what a kernel that has died did not put back; empty if there is nothing."""
        running = {self.journal.kernel, *self.journal.others()}
        names = dict.fromkeys(name_of(step) for step in open_steps(self.journal.steps()) if step.kernel not in running)
        return f"Not put back in your account yet: {', '.join(names)}. kit.restore() does it." if names else ""

    def put_back(self, *, again: bool = False) -> list[str]:
        """Put back what is open. Returns a line for each thing that was, or could not be.

        ``again``: what somebody has changed since is said, left for good, and not told any more.
        """
        return self._all_back(self.guard.on_their_way(), again=again)

    def _all_back(self, away: Container[str], *, again: bool = False) -> list[str]:
        with self.journal.alone():
            others = self.journal.others()
            steps = [step for step in open_steps(self.journal.steps()) if step.kernel not in others]
            late = [step for step in steps if step.step in away]
            said: list[str] = []
            for step in steps:
                if step.kind == "create_call" and step not in late:
                    said += self._tried(self._hang_up, step)
            if late:
                return [*said, *(f"{name_of(step)}: {LATE}" for step in late)]
            if others:
                return [*said, *_waits(step for step in steps if step.kind != "create_call")]
            for step in steps:
                if step.kind in CREATIONS and step.came == "unknown":
                    said += self._tried(self._find, step)
            foreign, mine = by_owner(self.journal.steps())
            for changes in foreign.values():
                said += self._tried(partial(self._put_back, again=again), *changes)
            for changes in mine.values():
                said += self._tried(self._lead_nowhere, *changes)
            return said

    def _tried(self, do: Callable[..., list[str]], *steps: Step) -> list[str]:
        try:
            return do(*steps)
        except Exception as error:  # whatever one thing meets, the others are put back, and the kit stops
            logger.info("not put back", exc_info=True)
            why = error.message if isinstance(error, KitError) else f"{type(error).__name__}."
            return [f"{name_of(steps[-1])}: not put back, {why} kit.restore() tries again."]

    def _settle(self, steps: Iterable[Step], how: str) -> None:
        for step in steps:
            self.journal.add(step.step, settled=how)

    # Calls

    def _hang_up(self, step: Step) -> list[str]:
        vonage = self._caller(step)
        known = {one.id for one in self.journal.steps()}
        uuids = [step.id] if step.id else _running(vonage, step, known)
        ended = [uuid for uuid in uuids if _ended(vonage, uuid)]
        self._settle([step], "hung up" if ended else "over")
        return [f"call {uuid}: hung up" for uuid in ended]

    def _caller(self, step: Step) -> Vonage:
        """A client that may speak for the application whose call it is."""
        vonage, application = self.vonage(), (step.sent or {}).get("application")
        if application and application != self._vonage.settings.application_id:
            key = self._settings.key_file(application)
            self._vonage.settings.use(application_id=application, private_key=str(key))
        return vonage

    # What was asked for, and nobody knows whether it was done

    def _find(self, step: Step) -> list[str]:
        if step.kind == "buy_number":
            made = step.there is None and own.number(self.vonage(), step.id) is not None
            self.journal.add(step.step, came="done" if made else "refused")
            return [f"number {step.id}: rented, it stays yours"] if made else []
        known = {*step.there, *(one.id for one in self.journal.steps())}
        found = [
            one
            for one in own.applications(self.vonage())
            if one["name"] == step.sent["name"] and one["id"] not in known
            if sorted(own.addresses_in(one)) == sorted(step.sent["hooks"])
        ]
        if len(found) != 1:  # none was made; of several nobody knows which is the kit's
            self.journal.add(step.step, came="refused")
            return [f"{name_of(step)}: which of {len(found)} the kit made is not known"] if found else []
        self.journal.add(step.step, came="done", id=found[0]["id"], left=own.plain(found[0]))
        return [f"{name_of(step)}: made, but its key was lost; delete it when you like"]

    # What is not the kit's

    def _put_back(self, *changes: Step, again: bool) -> list[str]:
        """Put back one application or number, through all the changes that it saw."""
        name, is_number = name_of(changes[-1]), changes[-1].kind in ("update_number", "cancel_number")
        now = self._number(changes[-1].id) if is_number else self._application(changes[-1].id)
        # A kernel that was killed while it put this back has done so without saying it.
        before = _state(changes[0])
        goal = before if now == before else first_state(changes, now, self._deleted(changes))
        if goal is CHANGED:
            if again:
                self._settle(changes, "changed since by somebody else")
            return [f"{name}: changed since by somebody else, so it is left; it was {_brief(changes[0].there)}"]
        if now is None and goal is not None:
            self._settle(changes, "gone")
            return [f"{name}: gone for good, as you allowed; what it was is in {self.journal.path}"]
        if now == goal:
            self._settle(changes, "as before")
            return []
        if is_number:
            self._send_number(changes[-1], now or {}, goal or {})
        else:
            self.vonage().replace_application(changes[-1].id, goal or {})
        self._settle(changes, "put back")
        return [f"{name}: put back as it was"]

    def _application(self, application_id: str) -> Json | None:
        try:
            found: Json | None = own.plain(self.vonage().get_application(application_id))
        except NotFoundError:
            return None
        return found

    def _number(self, msisdn: str) -> Json | None:
        there = own.number(self.vonage(), msisdn)
        return None if there is None else own.settings_of(there)

    def _send_number(self, step: Step, now: Json, goal: Json) -> None:
        """Only what differs; and all of it if that did not do (the older Node-RED palette sends all, too)."""
        gone = dict.fromkeys(now.keys() - goal.keys(), "")  # an empty text takes a setting away
        for sent in ({name: value for name, value in goal.items() if now.get(name) != value}, goal):
            self.vonage().update_number(step.there["country"], step.id, **gone, **sent)
            if self._number(step.id) == goal:
                return
        raise KitError("Its settings are not what was asked for.")

    def _deleted(self, changes: Sequence[Step]) -> set[str]:
        """Applications that are gone, also those that somebody has deleted to whom a number was linked."""
        linked = {step.sent["app_id"] for step in changes if step.kind == "update_number" and step.sent.get("app_id")}
        gone = {one for one in linked if self._application(one) is None}
        return gone | {s.id for s in self.journal.steps() if s.kind == "delete_application" and s.came != "refused"}

    # What is the kit's

    def _lead_nowhere(self, *changes: Step) -> list[str]:
        """Let the webhooks of an own application that lead to a tunnel of the kit's lead to example.com."""
        now = self._application(changes[-1].id)
        places = tuple(f"{step.public}/" for step in changes if step.public)
        hooks = [hook for hook in own.hooks_of(now) if f"{hook['address']}/".startswith(places)] if places else []
        for hook in hooks:
            hook["address"] = NOBODY + urlsplit(hook["address"]).path
        if hooks and now is not None:
            self.vonage().replace_application(now["id"], now)
        self._settle(changes, "stays")
        return [f"{name_of(changes[-1])}: it stays, its webhooks lead to {NOBODY}"] if hooks else []


CHANGED: Any = object()  # no state: somebody else has changed it


def first_state(changes: Sequence[Step], now: Json | None, deleted: Iterable[str] = ()) -> Any:
    """What an application or a number was before the kit's ``changes``, seen from what it is ``now``; or CHANGED.

    They are walked from the last to the first, as far as each begins where the one before it ended: what somebody
    changed in between is theirs, and is what is gone back to.
    """
    state: Any = CHANGED
    for step in reversed(changes):
        there = _state(step)
        if state is CHANGED:
            if now != there and not _left_by(step, now, deleted):
                return CHANGED
        elif state != there and not _left_by(step, state, deleted):
            break
        state = there
    return state


def name_of(step: Step) -> str:
    """What a step is about, in words."""
    if step.kind == "create_call":
        return f"call {step.id}" if step.id else "a call"
    if step.kind in ("update_number", "cancel_number", "buy_number"):
        return f"number {step.id}"
    shown = step.there if isinstance(step.there, dict) else step.sent
    return f"application “{one_line((shown or {}).get('name', step.id))}”"


def _state(step: Step) -> Json | None:
    number = step.kind in ("update_number", "cancel_number")
    there: Json | None = own.settings_of(step.there) if number else step.there
    return there


def _left_by(step: Step, state: Json | None, deleted: Iterable[str]) -> bool:
    if step.kind in ("delete_application", "cancel_number"):
        return state is None
    if state is None:
        return False
    if step.kind == "replace_application":
        return state == step.left if step.left else _includes(state, step.sent)
    after = own.after_update(step.there, step.sent or {})
    if state != after and after.get("app_id", "") in deleted:  # with an application, the links to it are gone
        del after["app_id"]
    return state == after


def _includes(whole: Any, part: Any) -> bool:
    """Whether all that ``part`` says holds in ``whole``, which has defaults beside it."""
    if isinstance(part, dict):
        given = {name: value for name, value in part.items() if name not in ("id", "_links")}
        return isinstance(whole, dict) and all(_includes(whole.get(name), given[name]) for name in given)
    return bool(whole == part)


def open_steps(steps: Sequence[Step]) -> list[Step]:
    """Steps with something to put back or to find out."""
    foreign, mine = by_owner(steps)
    changed = {step.step for changes in (*foreign.values(), *mine.values()) for step in changes}
    return [step for step in steps if step.step in changed or _is_asked(step)]


def _is_asked(step: Step) -> bool:
    """Whether a call may go on, or nobody knows yet whether something was made."""
    return not step.settled and (
        (step.kind == "create_call" and step.came != "refused") or (step.kind in CREATIONS and step.came == "unknown")
    )


def by_owner(steps: Iterable[Step]) -> tuple[dict[str, list[Step]], dict[str, list[Step]]]:
    """Open changes by what they are about: of what is not the kit's, and of the kit's own applications."""
    own_ones: set[str] = set()
    foreign: dict[str, list[Step]] = {}
    mine: dict[str, list[Step]] = {}
    for step in steps:
        if step.came == "refused" or step.kind == "create_call":
            continue
        if step.kind in CREATIONS and step.came == "done":
            own_ones.add(step.id)
        if not step.settled and step.kind in CHANGES and step.id not in own_ones:
            foreign.setdefault(step.id, []).append(step)
        elif not step.settled and step.id in own_ones and step.kind.endswith("_application"):
            mine.setdefault(step.id, []).append(step)
        if step.kind in ("cancel_number", "delete_application") and step.came == "done":
            own_ones.discard(step.id)
            mine.pop(step.id, None)
    return foreign, mine


def _waits(steps: Iterable[Step]) -> list[str]:
    names = dict.fromkeys(name_of(step) for step in steps)
    return [f"{name}: another kernel uses this account still; the last one puts it back" for name in names]


def _running(vonage: Vonage, step: Step, known: Iterable[str]) -> list[str]:
    """Calls that go on and may be the one of a request without a reply: to the same number, and of no other step."""
    to = {str(one["number"]) for one in step.sent["to"] or () if isinstance(one, dict) and "number" in one}
    found = [call for status in LIVE for call in vonage.iter_calls(status=status)]
    return [call["uuid"] for call in found if call["to"].get("number") in to and call["uuid"] not in known]


def _ended(vonage: Vonage, uuid: str) -> bool:
    """Hang up a call. False if it was over."""
    for attempt in range(TRIES):
        try:
            if vonage.get_call(uuid)["status"] in LAST:
                return False
            vonage.hang_up(uuid)
            return True
        except NotFoundError:
            return False
        except BadRequestError:
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE)
    return False


def _brief(there: Any) -> str:
    if not isinstance(there, dict):
        return "not there"
    hooks = ", ".join(own.addresses_in(there))
    kind, value = own.linked(there)
    return f"with webhooks {hooks}" if hooks else f"linked to {value}" if kind else "linked to nothing"

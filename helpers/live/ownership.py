"""Ownership: a guard that changes only what is the kit's own, and writes down what was there before it does."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..base.errors import KitError
from ..base.notebook import shell
from ..vonage.client import Vonage
from ..vonage.errors import NotFoundError
from .guards.asked import Asked, Refused, Replied
from .journal import Journal

logger = logging.getLogger(__name__)

Json = dict[str, Any]
# What POST /number/update can set (Numbers API 1.1.0).
SETTINGS = (
    "app_id", "moHttpUrl", "moSmppSysType", "voiceCallbackType", "voiceCallbackValue", "voiceStatusCallback",
    "messagesCallbackType", "messagesCallbackValue",
)  # fmt: skip
PAGE = 100  # the largest page of both APIs
PATIENCE = 20.0  # seconds to wait for replies
NEVER = "That cannot be put back."
LATER = "It is put back afterwards."


def allowed_in_notebook() -> Any:
    """What ``ALLOW`` is in the notebook, or in a program that runs without one."""
    notebook = shell()
    names: Json = notebook.user_ns if notebook is not None else vars(sys.modules["__main__"])
    return names.get("ALLOW", ())


class Ownership:
    """The gate's last guard. ``vonage`` looks at the account itself, not through the gate; ``public`` is the address of
    the learner's server at this moment; ``allowed`` gives what ``ALLOW`` names: a text or several. ``heard`` says
    whether a webhook of a call, or of a conversation, has come here."""

    def __init__(
        self,
        journal: Journal,
        vonage: Callable[[], Vonage],
        public: Callable[[], str],
        allowed: Callable[[], Any] = allowed_in_notebook,
        heard: Callable[[str], bool] = lambda uuid: False,
    ) -> None:
        self._journal, self._vonage, self._public, self._allowed = journal, vonage, public, allowed
        self._heard = heard
        self._begun: dict[int, str] = {}  # steps whose request is on its way, by its identity
        self._news = threading.Condition()
        self._looks: dict[str, Callable[[Asked], Json | None]] = {
            "create_application": self._create_application,
            "replace_application": self._change_application,
            "delete_application": self._change_application,
            "buy_number": self._buy_number,
            "update_number": self._change_number,
            "cancel_number": self._change_number,
            "create_call": self._create_call,
            "change_call": self._change_call,
            "in_call": self._change_call,
        }

    def before(self, asked: Asked) -> Asked:
        """Refuses what is not the kit's own; else what is there is on the disk before this returns."""
        if asked.kind == "unknown":
            why = f"{asked.method} {asked.path} is not a request that the kit knows, so it could not put anything back."
            raise Refused(why, "Check the path and the method.")
        if look := self._looks.get(asked.kind):
            self._same_account(asked)
            try:
                facts = look(asked)
                step = facts and self._journal.begin(asked.kind, public=self._public(), **facts)
            except Refused:
                raise
            except KitError as error:
                why = f"Nothing is changed, because it could not be looked at first: {error.message}"
                raise Refused(why, error.cure) from None
            if step:
                with self._news:
                    self._begun[id(asked)] = step
        return asked

    def after(self, asked: Asked, replied: Replied) -> None:
        """Writes down what came of it. The reply is handed on whatever happens: it may hold a private key."""
        step = self._begun.get(id(asked))
        if step is None:
            return
        try:
            self._journal.add(step, came=came_of(replied), **_left(asked.kind, replied))
        except KitError as error:
            logger.warning("%s kit.restore() finds out by itself what came of it.", error)
        finally:
            with self._news:
                del self._begun[id(asked)]
                self._news.notify_all()

    def on_their_way(self) -> set[str]:
        """Steps whose request has no reply yet: what an interrupted cell has sent goes on. It waits for them a while.

        What they change is not there yet, so nobody could put it back.
        """
        with self._news:
            self._news.wait_for(lambda: not self._begun, PATIENCE)
            return set(self._begun.values())

    def _same_account(self, asked: Asked) -> None:
        key = _key_of(asked)
        if key and key != self._journal.account:
            raise Refused(
                "This request names another account than VONAGE_API_KEY: its journal is not open.",
                "Write that key into .env, then run kit = setup() again.",
            )

    # Each of these looks at what is there, and returns what the journal keeps; None if there is nothing to change.

    def _create_application(self, asked: Asked) -> Json | None:
        name = asked.json.get("name") if isinstance(asked.json, dict) else None
        there = [one["id"] for one in applications(self._vonage()) if one["name"] == name]
        return {"id": "", "there": there, "sent": {"name": name, "hooks": addresses_in(asked.json)}}

    def _change_application(self, asked: Asked) -> Json | None:
        try:
            there = self._vonage().get_application(asked.id)
        except NotFoundError:
            return None
        if not self._journal.owns_application(there["id"]):
            what, effect = ("deleted", NEVER) if asked.kind == "delete_application" else ("changed", LATER)
            why = f"The application “{there['name']}” was not made by this kit"
            self._need(why, what, effect, there["name"], there["id"])
        return {"id": there["id"], "there": plain(there), "sent": plain(asked.json)}

    def _buy_number(self, asked: Asked) -> Json | None:
        msisdn = _number_in(asked)
        return {"id": msisdn, "there": number(self._vonage(), msisdn)}

    def _change_number(self, asked: Asked) -> Json | None:
        msisdn = _number_in(asked)
        there = number(self._vonage(), msisdn)
        if there is None:
            return None
        sent = {name: asked.fields[name] for name in SETTINGS if name in asked.fields}
        self._need_number(there, msisdn, asked.kind == "cancel_number")
        return {"id": msisdn, "there": there, "sent": sent}

    def _need_number(self, there: Json, msisdn: str, cancels: bool) -> None:
        kind, value = linked(there)
        name, what = value, "given back" if cancels else "changed"
        if kind == "app" and not self._journal.owns_application(value):
            name = _name_of(self._vonage(), value)
            why = f"The number {msisdn} is linked to the application “{name}”, which was not made by this kit"
        elif kind in ("sip", "tel"):
            why = f"The number {msisdn} is forwarded to {value}"
        elif cancels and msisdn not in self._journal.own_numbers():
            why = f"The number {msisdn} was not rented by this kit"
        else:
            return
        # A number that goes is named itself; a link may also be named by what it leads to.
        self._need(why, what, NEVER if cancels else LATER, msisdn, *(() if cancels else (name, value)))

    def _create_call(self, asked: Asked) -> Json | None:
        body = asked.json if isinstance(asked.json, dict) else {}
        return {"id": "", "sent": {"to": body.get("to"), "from": body.get("from"), "application": asked.application}}

    def _change_call(self, asked: Asked) -> None:
        """There is nothing to put back in a call, but one that is somebody else's goes on as it was."""
        own = self._journal
        if own.owns_application(asked.application) or own.has_placed(asked.id) or self._heard(asked.id):
            return
        vonage = self._vonage()
        try:
            conversation = str(vonage.get_call(asked.id).get("conversation_uuid", ""))
        except NotFoundError:
            if asked.application == vonage.settings.application_id:
                return
            conversation = ""  # another application's calls cannot be looked at
        if not self._heard(conversation):
            why = f"The call {asked.id} was not placed by this kit, and none of its webhooks came here"
            self._need(why, "touched", NEVER, asked.id)

    def _need(self, why: str, what: str, effect: str, *names: str) -> None:
        """Refuse unless ``ALLOW`` has one of these names."""
        given = self._allowed()
        allowed = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else []
        wanted = {name.lower() for name in names if name}
        if wanted & {str(one).strip().lower().removeprefix("+") for one in allowed}:
            return
        line = f"ALLOW = {json.dumps([*allowed, names[0]] if allowed else names[0], ensure_ascii=False, default=str)}"
        raise Refused(
            f"{why}, so it is not {what}.", f"If you mean it, write this line into the cell: {line}   {effect}",
            allow=names[0],
        )  # fmt: skip


def applications(vonage: Vonage) -> Iterator[Json]:
    """All applications of the account, page after page."""
    page = 1
    while True:
        reply = vonage.list_applications(page_size=PAGE, page=page)
        yield from reply["_embedded"]["applications"]
        page += 1
        if page > reply.get("total_pages", 1):
            return


def number(vonage: Vonage, msisdn: str) -> Json | None:
    """A rented number as the Numbers API lists it, however many there are; None if it is not rented."""
    found = vonage.list_numbers(pattern=msisdn, size=PAGE).get("numbers", [])
    return next((one for one in found if one["msisdn"] == msisdn), None)


def plain(application: Any) -> Any:
    """An application as it may be sent back: without links, and without the private key. None for what is not one."""
    if not isinstance(application, dict):
        return None
    shown = {name: value for name, value in application.items() if name != "_links"}
    if isinstance(shown.get("keys"), dict):
        shown["keys"] = {name: value for name, value in shown["keys"].items() if name == "public_key"}
    return shown


def settings_of(there: Json) -> Json:
    """What POST /number/update would have to be sent for a number to become as it is ``there``."""
    shown = {name: there[name] for name in SETTINGS if there.get(name)}
    if shown.get("voiceCallbackType") == "app":  # how a link is shown, in addition to app_id
        shown = {"app_id": shown["voiceCallbackValue"], **shown}
        del shown["voiceCallbackType"], shown["voiceCallbackValue"]
    return shown


def after_update(there: Json, sent: Json) -> Json:
    """The settings of a number once ``sent`` has been done to it: what is not named stays, what is empty goes."""
    sent = dict(sent)
    if sent.get("voiceCallbackType") == "app":  # the older way to link
        sent = {**sent, "app_id": sent.get("voiceCallbackValue", ""), "voiceCallbackType": "", "voiceCallbackValue": ""}
    return {name: value for name, value in {**settings_of(there), **sent}.items() if value}


def linked(there: Json) -> tuple[str, str]:
    """Where the calls to a number go: ``app``, ``sip`` or ``tel``, and which; two empty texts for nowhere."""
    shown = settings_of(there)
    if shown.get("voiceCallbackType"):  # before the application (Numbers API 1.1.0)
        return shown["voiceCallbackType"], shown.get("voiceCallbackValue", "")
    return ("app", shown["app_id"]) if "app_id" in shown else ("", "")


def addresses_in(application: Any) -> list[str]:
    """The addresses of all webhooks of an application."""
    return [hook["address"] for hook in hooks_of(application)]


def hooks_of(application: Any) -> Iterator[Json]:
    """All webhooks of an application that have an address, to look at or to change."""
    capabilities = application.get("capabilities") if isinstance(application, dict) else None
    for one in capabilities.values() if isinstance(capabilities, dict) else ():
        hooks = one.get("webhooks") if isinstance(one, dict) else None
        for hook in hooks.values() if isinstance(hooks, dict) else ():
            if isinstance(hook, dict) and isinstance(hook.get("address"), str):
                yield hook


def came_of(replied: Replied) -> str:
    """``done`` or ``refused``; ``unknown`` without a reply, and after an error of the other side's."""
    if not replied.status or replied.status >= 500:
        return "unknown"
    return "done" if replied.done else "refused"


def _left(kind: str, replied: Replied) -> Json:
    body = replied.json
    if not replied.done or not isinstance(body, dict):
        return {}
    if kind == "create_call":
        return {"id": str(body.get("uuid", ""))}
    if kind == "create_application":
        return {"id": str(body.get("id", "")), "left": plain(body)}
    return {"left": plain(body)} if kind == "replace_application" else {}


def _name_of(vonage: Vonage, application_id: str) -> str:
    try:
        return str(vonage.get_application(application_id)["name"])
    except NotFoundError:
        return application_id


def _number_in(asked: Asked) -> str:
    msisdn = re.sub(r"\D", "", asked.fields.get("msisdn", ""))
    if not msisdn or "target_api_key" in asked.fields:
        why = "a subaccount's number" if msisdn else "no number (msisdn)"
        raise Refused(f"This request names {why}: what is there cannot be looked at.", "Send it as a form (data=…).")
    return msisdn


def _key_of(asked: Asked) -> str:
    """The API key that a request signs in with: Basic, in the query or in the form; empty for a token."""
    scheme, _, coded = asked.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        return asked.fields.get("api_key", "")
    try:
        return base64.b64decode(coded).decode().partition(":")[0]
    except ValueError:
        return ""

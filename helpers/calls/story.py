"""The story of a call, step by step: who told whom what. The ladder and the table are both read from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ..base.hosts import is_here
from ..base.text import is_json, one_line
from .explain import explain
from .record import Entry, Record
from .wording import VOICE, asked, playing, sound_name, telling, what_happened

NOTEBOOK, SERVER, API = "notebook", "server", "api"
NAMES = {NOTEBOOK: "Notebook", SERVER: "Your server", API: "Voice API"}
KINDS = {"app": "App", "sip": "SIP", "websocket": "WebSocket", "vbc": "Extension"}
# Webhooks whose reply may be an NCCO; of the others only the status counts.
AWAITED = frozenset({"answer", "fallback", "input", "notify", "transfer"})


def awaited(hook: Entry) -> bool:
    """True for a webhook whose reply may be an NCCO."""
    # The event of a transfer has the same type as the request that fetches a transfer's NCCO, and wants no reply.
    return hook.get("type") in AWAITED and "conversation_uuid_from" not in (hook.get("payload") or {})


@dataclass(frozen=True)
class Step:
    """One line of the story. ``at``: seconds since the start; ``source`` and ``target``: lanes, equal for a note.

    ``quiet`` steps are left out where others already tell as much; ``trouble`` marks what went wrong; ``fold`` stands
    for steps that are left out.
    """

    at: float
    source: str
    target: str
    text: str
    detail: str = ""
    trouble: bool = False
    reply: bool = False
    quiet: bool = False
    fold: bool = False


class Story:
    """The steps of a call and the lanes they run between.

    A lane's key is ``notebook``, ``server``, the name of some other host, ``api``, or a leg's uuid.
    """

    def __init__(self, call: Record) -> None:
        self.call = call
        self._hooks = {e["request"]: e for e in call.entries("webhook")}
        self._replies = {e["request"]: e for e in call.entries("reply")}
        self._hooked = {urlsplit(hook["url"]).netloc for hook in self._hooks.values()}
        self._begun = {(e["leg"], e["cue"]): e for e in reversed(call.entries("sound", state="started"))}

    @cached_property
    def steps(self) -> list[Step]:
        """Every step, in order of time."""
        told = (self._tell(entry) for entry in self.call.entries())
        return [step for step in told if step is not None]

    @cached_property
    def lanes(self) -> dict[str, str]:
        """Key and name of each lane, from the notebook to the phones."""
        used = {lane for step in self.steps for lane in (step.source, step.target)}
        phones = {leg: self.phone_name(leg) for leg in self.call.legs if leg in used or leg == self.call.leg}
        hosts = {lane: lane for lane in sorted(used - phones.keys() - NAMES.keys())}
        notebook = {NOTEBOOK: NAMES[NOTEBOOK]} if NOTEBOOK in used else {}
        return {**notebook, SERVER: NAMES[SERVER], **hosts, API: NAMES[API], **phones}

    def phone_name(self, leg: str) -> str:
        """What is at the far end of a leg, by name, or its number or address: ``Phone 447700900001``."""
        if name := self._named(leg):
            return name
        kind = KINDS.get(self.call.fact("type", leg), "Phone")
        address = self.phone(leg)
        return address if address.lower().startswith(f"{kind.lower()}:") else f"{kind} {address}"

    def phone(self, leg: str) -> str:
        """The name of the phone at the far end of a leg, or its number."""
        return self._named(leg) or one_line(self.call.party(leg) or "?", 20)

    def _named(self, leg: str) -> str:
        return one_line(self.call.fact("name", leg) or "", 30)

    def trouble(self, reply: Entry) -> str:
        """What is wrong with a reply, in one sentence; empty when nothing is. For an event only the status counts."""
        hook = self._hooks.get(reply["request"], {})
        error = reply.get("error")
        if not error and awaited(hook):
            error = _unusable(reply, must=hook["type"] in ("answer", "fallback", "transfer"))
        told = explain({**reply, "error": error, "content_type": ""})
        return "" if told.fine else told.sentence

    def _tell(self, entry: Entry) -> Step | None:
        teller: Callable[[Entry], dict[str, Any]] | None = getattr(self, f"_{entry['kind']}", None)
        if teller is None:
            return None
        facts = teller(entry)
        inside = {"source": API, "target": API}
        facts["text"] = one_line(facts["text"])
        facts["detail"] = one_line(facts.get("detail") or "", 160)
        return Step(self.call.since_start(entry["at"]), **{**inside, **facts})

    def _host(self, url: str) -> str:
        """The lane of a URL: your server, or some other host by name."""
        parts = urlsplit(url)
        other = (parts.hostname or "").startswith("example.") or parts.netloc not in self._hooked
        return SERVER if is_here(parts.hostname or "") or not other else one_line(parts.netloc or url, 30)

    # One method for each kind of entry: what is said, by whom, to whom.

    def _leg(self, e: Entry) -> dict[str, Any]:
        if e["direction"] == "inbound":
            return {"source": e["leg"], "target": API, "text": f"dials {e['to']}"}
        return {"text": f"call from {e['from']} to {e['to']}", "quiet": True}

    def _status(self, e: Entry) -> dict[str, Any]:
        outbound = self.call.fact("direction", e["leg"]) != "inbound"
        phone, code = e["leg"], e.get("sip_code")
        text, way, quiet, trouble = what_happened(e, outbound, self.call.when("answered", e["leg"]) is not None)
        lanes = {"in": (phone, API), "out": (API, phone), "": (API, API)}[way]
        detail = " · ".join(filter(None, [e.get("why"), f"SIP {code}" if code not in (None, 200) else ""]))
        return {"source": lanes[0], "target": lanes[1], "text": text, "detail": detail, "quiet": quiet,
                "trouble": trouble}  # fmt: skip

    def _webhook(self, e: Entry) -> dict[str, Any]:
        again = ", 2nd attempt" if e.get("attempt") == 2 else ""
        about, detail = telling(e)
        text = f"{e['method']} {urlsplit(e['url']).path}{about}{again}"
        reply = self._replies.get(e["request"])
        if reply and self._folded(reply):
            text += f" → {reply['status']}"
        return {"source": API, "target": self._host(e["url"]), "text": text, "detail": detail}

    def _folded(self, reply: Entry) -> bool:
        """An event's plain 200 is told with the event itself."""
        hook = self._hooks.get(reply["request"], {})
        return not awaited(hook) and not self.trouble(reply) and (reply.get("seconds") or 0) < 0.5

    def _reply(self, e: Entry) -> dict[str, Any]:
        hook = self._hooks.get(e["request"], {})
        trouble, seconds = self.trouble(e), e.get("seconds") or 0
        late = f" (after {seconds:.1f} s)" if seconds >= 0.5 else ""
        said = _said(e) if awaited(hook) else ""
        text = f"no reply: {e.get('error')}{late}" if e.get("status") is None else f"{e['status']}{said}{late}"
        return {"source": self._host(hook.get("url", "")), "target": API, "text": text, "detail": trouble,
                "trouble": bool(trouble), "reply": True, "quiet": self._folded(e)}  # fmt: skip

    def _ncco(self, e: Entry) -> dict[str, Any]:
        names = ", ".join(str(a.get("action")) for a in e["actions"])
        return {"text": f"NCCO ({e['source']}): {names}", "quiet": e["source"] != "inline"}

    def _action(self, e: Entry) -> dict[str, Any]:
        name, state, why = e["action"], e["state"], e.get("why")
        options = json.dumps(e.get("options") or {}, ensure_ascii=False)
        if state == "started":
            return {"text": f"{name} starts", "detail": options, "quiet": name in ("stream", "talk", "notify")}
        wrong = state in ("skipped", "failed") and "key was pressed" not in str(why)
        return {"text": f"{name} {state}" + (f": {why}" if why else ""), "trouble": wrong, "quiet": state == "finished"}

    def _fetch(self, e: Entry) -> dict[str, Any]:
        path = urlsplit(e["url"]).path or "/"
        if e.get("cache") == "hit":
            return {"text": f"{sound_name(e)} from the cache", "detail": e["url"]}
        told = explain(e)
        seconds = "" if e.get("seconds") is None else f", {e['seconds']:.1f} s"
        late = f" (after {e['waited']:.1f} s)" if (e.get("waited") or 0) >= 0.5 else ""
        what = f"{e['status'] or 'no reply'} {e.get('format') or ''}{seconds}".strip() + late
        size = f"{e['bytes']} bytes, {e.get('content_type') or 'no content type'}" if e.get("bytes") else ""
        wrong = "" if told.fine else " ".join(filter(None, [str(e.get("error") or ""), "·", told.sentence]))
        return {"target": self._host(e["url"]), "text": f"GET {path} → {what}", "detail": wrong or size,
                "trouble": bool(wrong)}  # fmt: skip

    def _sound(self, e: Entry) -> dict[str, Any]:
        if e["state"] == "stopped":
            began = self._begun.get((e["leg"], e["cue"]))
            cut = began is not None and (began["ends"] is None or e["at"] < began["ends"] - 0.001)
            return {"text": f"{sound_name(e)} stops", "quiet": not (cut and str(e["source"]).startswith("rest"))}
        # The keys that are sent have a step of their own.
        return {"target": e["leg"], "text": playing(e), "detail": str(e.get("url") or ""),
                "quiet": e["source"] == "dtmf"}  # fmt: skip

    def _key(self, e: Entry) -> dict[str, Any]:
        return {"source": e["leg"], "text": f"presses {e['digit']}"}

    def _said(self, e: Entry) -> dict[str, Any]:
        sound = "speaks" if e.get("url") == VOICE else f"plays {sound_name(e)}" if e.get("url") else "beeps"
        what = f"says “{e['text']}”" if e.get("text") else sound
        return {"source": e["leg"], "text": what}

    def _input(self, e: Entry) -> dict[str, Any]:
        got = e["digits"] or (f"“{e['speech']}”" if e.get("speech") else "nothing")
        return {"text": f"input collected {got}: {e.get('why')}", "quiet": True}

    def _dtmf(self, e: Entry) -> dict[str, Any]:
        return {"target": e["leg"], "text": f"sends the keys {e['digits']}", "detail": f"by {e['by']}"}

    def _conversation(self, e: Entry) -> dict[str, Any]:
        name = f"the conversation {e['name']}" if e.get("name") else "the other side"
        if e["state"] not in ("joined", "left"):
            return {"text": f"{name} {'starts' if e['state'] == 'started' else e['state']}", "quiet": not e.get("name")}
        together = f"{e['members']} together" if e.get("members") else ""
        text = f"{'joins' if e['state'] == 'joined' else 'leaves'} {name}"
        return {"source": e["leg"], "text": text, "detail": together, "quiet": not e.get("name")}

    def _control(self, e: Entry) -> dict[str, Any]:
        said = {"mute": "muted: the others do not hear it", "unmute": "unmuted",
                "earmuff": "earmuffed: it does not hear the others", "unearmuff": "unearmuffed"}  # fmt: skip
        return {"target": e["leg"], "text": said.get(e["action"], e["action"])}

    def _transfer(self, e: Entry) -> dict[str, Any]:
        return {"text": "goes to another conversation", "detail": e["to_conversation"], "quiet": True}

    def _recording(self, e: Entry) -> dict[str, Any]:
        facts = [] if e.get("seconds") is None else [f"{e['seconds']:.1f} s"]
        facts += [f"{e['size']} bytes"] if e.get("size") else []
        return {"text": f"recording {e['state']}" + (f": {', '.join(facts)}" if facts else ""),
                "detail": str(e.get("url") or "")}  # fmt: skip

    def _detection(self, e: Entry) -> dict[str, Any]:
        return {"text": f"detection: {e['verdict']}" + (f", {e['sub_state']}" if e.get("sub_state") else "")}

    def _websocket(self, e: Entry) -> dict[str, Any]:
        return {"source": API, "target": e["leg"], "text": f"websocket {e['state']}", "detail": str(e.get("why") or ""),
                "trouble": e["state"] == "failed"}  # fmt: skip

    def _fault(self, e: Entry) -> dict[str, Any]:
        return {"text": f"fault {e['name']}: {e.get('what') or 'it strikes'}", "trouble": True}

    def _notify(self, e: Entry) -> dict[str, Any]:
        return {"text": "notify", "detail": json.dumps(e["payload"], ensure_ascii=False), "quiet": True}

    def _request(self, e: Entry) -> dict[str, Any]:
        body = json.dumps(e["body"], ensure_ascii=False) if e.get("body") else ""
        path = str(e["path"]).replace(str(e["leg"]), "{uuid}")
        what = f" · {asked(e)}" if path.endswith("{uuid}") else ""
        return {"source": NOTEBOOK, "text": f"{e['method']} {path}{what} → {e['status']}", "detail": body,
                "trouble": e["status"] >= 400}  # fmt: skip

    def _error(self, e: Entry) -> dict[str, Any]:
        return {"text": f"error: {e['reason']}", "detail": e.get("advice"), "trouble": True}

    def _note(self, e: Entry) -> dict[str, Any]:
        return {"text": str(e["text"])}


def _said(reply: Entry) -> str:
    """What a reply says where an NCCO may come."""
    body = (reply.get("body") or "").strip()
    if not body:
        return " (nothing)"
    try:
        actions = json.loads(body)
    except ValueError:
        return f" {(reply.get('content_type') or 'no content type').split(';')[0]}"
    if not isinstance(actions, list):
        return " JSON"
    return " NCCO: " + ", ".join(str(a.get("action")) if isinstance(a, dict) else "?" for a in actions)


def _unusable(reply: Entry, must: bool) -> str | None:
    """Why a reply cannot be an NCCO where one ``must`` or may come, in a word that :func:`explain` knows."""
    kind, body = reply.get("content_type") or "", (reply.get("body") or "").strip()
    if not must and not body.startswith("["):  # where an NCCO may come, anything else means: go on
        return None
    if not body:
        return "empty"
    if not is_json(kind):
        return "html" if "html" in kind.lower() else "content type"
    if len(body) == 2000:  # the trace keeps the first 2000 characters only
        return None
    try:
        actions = json.loads(body)
    except ValueError:
        return "not json"
    return "ncco" if must and not (isinstance(actions, list) and actions) else None

"""The control plane: phones, clock, faults, traces, reset. Only the simulator has it."""

from __future__ import annotations

from ....base.addresses import FORMS, KINDS
from ....calls.statuses import LIVE, OVER
from ...legs.faults import FAULTS
from ...phones.handsets import BEHAVIOURS
from ...phones.scripts import LONGEST, STATES, STEPS
from ..control import RATES
from .failures import refusals
from .shapes import (
    Part,
    Schema,
    any_of,
    body,
    flag,
    listing,
    number,
    operation,
    path,
    query,
    ref,
    reply,
    sound,
    taken,
    text,
    thing,
)

TOKEN: list[dict[str, list[str]]] = [{"control": []}]
UUID = text(pattern="^(CON-)?[0-9a-f-]{32,36}$", description="A leg's uuid, or that of its conversation.")
USES = ("dial", "answer", "decline", "hang_up", "press", "say", "play")
ADDRESS = text(pattern=f"^({'|'.join(form.pattern for form in KINDS.values())})$", description=FORMS)
NOTHING: Schema = {"type": "null"}
_STEP_FIELDS: dict[str, Schema] = {
    "seconds": number(0, LONGEST),
    "digits": text(pattern="^[0-9*#]+$"),
    "text": text(pattern=r"\S"),
    "language": text(),
    "url": text(pattern=r"^https?://[^\s/]"),
    "file": text(),
    "sound": text(minLength=1),
    "state": text(*STATES),
    "timeout": number(0, LONGEST),
}
_NEEDED = {"wait": ("seconds",), "press": ("digits",), "say": ("text",)}
_EITHER = {"play": ("url", "file"), "wait_for": ("text", "sound")}

READ = refusals(ControlError=401)
SENT = refusals(ControlError=(400, 401), Problem=(400, 408, 413, 415))
OF_CALL = refusals(ControlError=(401, 404), Problem=404)


def control_schemas() -> dict[str, Schema]:
    """Components of the control plane."""
    faults, active = _faults()
    entry = {"seq": {"type": "integer"}, "at": number(0), "kind": text(),
             "leg": any_of(text(), NOTHING), "conversation": any_of(text(), NOTHING)}  # fmt: skip
    summary = ("uuid", "conversation_uuid", "from", "to", "status", "direction")
    account = {"api_key": text(), "api_secret": text(), "signature_secret": text(), "numbers": {"type": "array"}}
    seconds = number(0, LONGEST)
    settings = {
        "behaviour": text(*BEHAVIOURS),
        "after": seconds,
        "greeting": text(pattern=r"\S"),
        "beep": flag(),
        "script": ref("Script"),
    }
    told = {"number": text(), "call": any_of(text(), NOTHING), "status": text()}
    return {
        "Entry": {**taken(entry), "description": "One entry of a trace; its kind says what else is in it."},
        "Leg": thing({name: text() for name in summary}),
        "Account": thing(account),
        "Script": listing(any_of(*map(_step, STEPS)), description="What the person does, one step after another."),
        "Settings": taken({}, settings, additionalProperties=False),
        "Phone": thing({**settings, **told}),
        "Faults": faults,
        "ActiveFaults": active,
    }


def _step(do: str) -> Schema:
    """One step of a script: what it may say, and what it has to."""
    fields = {name: _STEP_FIELDS[name] for name in sorted(STEPS[do])}
    needed = {"do": {"const": do}} | {name: fields.pop(name) for name in _NEEDED.get(do, ())}
    choice = {"oneOf": [{"required": [name]} for name in _EITHER[do]]} if do in _EITHER else {}
    return {**taken(needed, fields), "additionalProperties": False, **choice}


def _faults() -> tuple[Schema, Schema]:
    """What can be sent: each fault by its name with its settings, null for off. And what is told: those that are on."""
    told = {}
    for name, usual in FAULTS.items():
        kinds = {setting: text() if isinstance(value, str) else number(0) for setting, value in usual.items()}
        told[name] = {**taken({}, kinds), "additionalProperties": False}
    sent = {name: any_of(settings, NOTHING) for name, settings in told.items()}
    return taken({}, sent, additionalProperties=False), thing({}, told)


def control_paths() -> dict[str, Part]:
    """Paths of the control plane."""
    phone = {200: reply("The phone as it is now", ref("Phone"))}
    used = {200: reply("The phone, or for dial the uuid of the leg", any_of(ref("Phone"), thing({"uuid": text()})))}
    active = ref("ActiveFaults")
    known = thing({"what": text(), "settings": {"type": "object"}})
    time = thing({"now": number(0), "pace": any_of({"const": "stepped"}, number(0))})
    every = thing({"active": active, "available": {"type": "object", "additionalProperties": known}})
    what = "To dial: to, headers, custom_data, application_id. To press: digits. To say: text. To play: url or file."
    heard = operation(
        "heard", "What a leg's person heard, from answer to end or till now", TOKEN,
        {200: sound("A WAV file", "audio/wav")} | OF_CALL | refusals(ControlError=400),
        parameters=(query("rate", text(*map(str, RATES), default="8000")),),
    )  # fmt: skip
    live = operation(
        "sound", "What a leg's person hears, while it happens: server-sent events until the call ends", TOKEN,
        {200: reply("One data line for each message", text(), "text/event-stream")} | OF_CALL
        | refusals(ControlError=400), parameters=(query("rate", text(*map(str, RATES), default="16000")),),
    )  # fmt: skip
    events = operation(
        "events", "The trace as it grows: server-sent events without end", TOKEN,
        {200: reply("One data line for each entry", text(), "text/event-stream")} | READ | refusals(ControlError=400),
        parameters=(query("since", text(pattern="^[0-9]{1,15}$", default="0"), "The seq of the last entry you have."),),
    )  # fmt: skip
    here = "/simulator"
    return {
        **path(f"{here}/account", {"get": _get("account", "The account and its secrets", reply("It", ref("Account")))}),
        **path(f"{here}/calls", {"get": _get("legs", "All legs", reply("They", listing(ref("Leg"))))}),
        **path(
            f"{here}/calls/{{uuid}}",
            {"get": operation("trace", "Everything that happened in a call", TOKEN,
                              {200: reply("Its entries, in order", listing(ref("Entry")))} | OF_CALL)},
            uuid=UUID,
        ),
        **path(f"{here}/calls/{{uuid}}/heard.wav", {"get": heard}, uuid=UUID),
        **path(f"{here}/calls/{{uuid}}/sound", {"get": live}, uuid=UUID),
        **path(f"{here}/events", {"get": events}),
        **path(f"{here}/phones", {"get": _get("phones", "All phones", reply("They", listing(ref("Phone"))))}),
        **path(
            f"{here}/phones/{{address}}",
            {"put": operation("configurePhone", "Set how a phone behaves", TOKEN, phone | SENT,
                              takes=body(ref("Settings")))},
            address=ADDRESS,
        ),
        **path(
            f"{here}/phones/{{address}}/{{what}}",
            {"post": operation("usePhone", "Do what the person holding a phone can do", TOKEN, used | SENT,
                               takes=body(_use(), required=False), about=what)},
            address=ADDRESS, what=text(*USES),
        ),
        **path(
            f"{here}/faults",
            {"get": _get("faults", "The faults that are on, and all there are", reply("They", every)),
             "put": operation("setFaults", "Switch faults on and off", TOKEN,
                              {200: reply("The faults that are on", active)} | SENT, takes=body(ref("Faults")))},
        ),
        **path(
            f"{here}/clock",
            {"get": _get("clock", "Call time", reply("Seconds, and how fast they pass", time)),
             "put": operation("setClock", "Let stepped time run like real time, or stand still again", TOKEN,
                              {200: reply("Seconds, and how fast they pass", time)} | SENT,
                              takes=body(taken({"flows": flag()})))},
        ),
        **path(f"{here}/clock/advance", {"post": _advance()}),
        **path(
            f"{here}/reset",
            {"post": operation("reset", "Forget calls, phones and faults", TOKEN, {204: reply("Done")} | READ,
                               parameters=(query("account", text(), "true: applications and numbers, too"),))},
        ),
        **path(
            f"{here}/openapi.json",
            {"get": operation("document", "This document", [], {200: reply("OpenAPI 3.1", {"type": "object"})})},
        ),
    }  # fmt: skip


def _get(name: str, summary: str, found: Part) -> Part:
    return operation(name, summary, TOKEN, {200: found} | READ)


def _use() -> Schema:
    address = {"to": text(pattern=KINDS["phone"].pattern), "application_id": text()}
    dial = {**address, "headers": {"type": "object"}, "custom_data": {"type": "object"}}
    said = {"digits": text(pattern="^[0-9*#]+$"), "text": text(), "language": text(), "url": text(), "file": text()}
    return taken({}, {**dial, **said})


def _advance() -> Part:
    statuses = (*LIVE, *OVER)
    order = taken({"seconds": number(0, LONGEST)}, {"call": text(), "until": text(*statuses)})
    done = thing({"now": number(0), "reached": flag()})
    return operation(
        "advance", "Let call time pass", TOKEN, {200: reply("Everything due is done", done)} | SENT
        | refusals(ControlError=404), takes=body(order),
        about="With call and until it returns as soon as that call has that status.",
    )  # fmt: skip

"""The control plane: phones, clock, faults, traces, reset. Only the simulator has it."""

from __future__ import annotations

from functools import partial

from ....base.addresses import FORMS, KINDS
from ....calls.statuses import LIVE, OVER
from ...legs.faults import FAULTS
from ...phones.handsets import BEHAVIOURS
from ...phones.scripts import LONGEST, STATES, STEPS
from ..control import RATES
from .operations import Part, body, operation, paths, query, refusals, reply, sound
from .shapes import Schema, any_of, flag, listing, number, object_of, ref, text, thing

EVENTS = "text/event-stream"
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
WRONG = refusals(ControlError=400)


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
        "name": text(),
    }
    told = {"number": text(), "call": any_of(text(), NOTHING), "status": text()}
    return {
        "Entry": {**object_of(entry), "description": "One entry of a trace; its kind says what else is in it."},
        "Leg": thing({name: text() for name in summary}),
        "Account": thing(account),
        "Script": listing(any_of(*map(_step, STEPS)), description="What the person does, one step after another."),
        "Settings": object_of({}, settings, additionalProperties=False),
        "Phone": thing({**settings, **told}),
        "Faults": faults,
        "ActiveFaults": active,
    }


def _step(do: str) -> Schema:
    """One step of a script: what it may say, and what it has to."""
    fields = {name: _STEP_FIELDS[name] for name in sorted(STEPS[do])}
    needed = {"do": {"const": do}} | {name: fields.pop(name) for name in _NEEDED.get(do, ())}
    choice = {"oneOf": [{"required": [name]} for name in _EITHER[do]]} if do in _EITHER else {}
    return {**object_of(needed, fields), "additionalProperties": False, **choice}


def _faults() -> tuple[Schema, Schema]:
    """What can be sent: each fault by its name with its settings, null for off. And what is told: those that are on."""
    told = {}
    for name, usual in FAULTS.items():
        kinds = {setting: text() if isinstance(value, str) else number(0) for setting, value in usual.items()}
        told[name] = {**object_of({}, kinds), "additionalProperties": False}
    sent = {name: any_of(settings, NOTHING) for name, settings in told.items()}
    return object_of({}, sent, additionalProperties=False), thing({}, told)


def control_paths() -> dict[str, Part]:
    """Paths of the control plane."""
    phone, active = ref("Phone"), ref("ActiveFaults")
    known = thing({"what": text(), "settings": {"type": "object"}})
    every = thing({"active": active, "available": {"type": "object", "additionalProperties": known}})
    time = thing({"now": number(0), "pace": any_of({"const": "stepped"}, number(0))})
    clock = reply("Seconds, and how fast they pass", time)
    used = reply("The phone, or for dial the uuid of the leg", any_of(phone, thing({"uuid": text()})))
    what = "To dial: to, headers, custom_data, application_id. To press: digits. To say: text. To play: url or file."
    since = query("since", text(pattern="^[0-9]{1,15}$", default="0"), "The seq of the last entry you have.")
    emptied = query("account", text(), "true: applications and numbers, too")
    operations = {
        "GET account": _read("account", "The account and its secrets", reply("It", ref("Account"))),
        "GET calls": _read("legs", "All legs", reply("They", listing(ref("Leg")))),
        "GET calls/{uuid}": _control("trace", "Everything that happened in a call",
                                     {200: reply("Its entries, in order", listing(ref("Entry")))} | OF_CALL),
        "GET calls/{uuid}/heard.wav": _control(
            "heard", "What a leg's person heard, from answer to end or till now",
            {200: sound("A WAV file", "audio/wav")} | OF_CALL | WRONG, parameters=(_rate("8000"),)),
        "GET calls/{uuid}/sound": _control(
            "sound", "What a leg's person hears, while it happens: server-sent events until the call ends",
            {200: reply("One data line for each message", text(), EVENTS)} | OF_CALL | WRONG,
            parameters=(_rate("16000"),)),
        "GET events": _control(
            "events", "The trace as it grows: server-sent events without end",
            {200: reply("One data line for each entry", text(), EVENTS)} | READ | WRONG, parameters=(since,)),
        "GET phones": _read("phones", "All phones", reply("They", listing(phone))),
        "PUT phones/{address}": _sent("configurePhone", "Set how a phone behaves",
                                      reply("The phone as it is now", phone), ref("Settings")),
        "POST phones/{address}/{what}": _control(
            "usePhone", "Do what the person holding a phone can do", {200: used} | SENT,
            takes=body(_use(), required=False), about=what),
        "GET faults": _read("faults", "The faults that are on, and all there are", reply("They", every)),
        "PUT faults": _sent("setFaults", "Switch faults on and off", reply("The faults that are on", active),
                            ref("Faults")),
        "GET clock": _read("clock", "Call time", clock),
        "PUT clock": _sent("setClock", "Let stepped time run like real time, or stand still again", clock,
                           object_of({"flows": flag()})),
        "POST clock/advance": _advance(),
        "POST reset": _control("reset", "Forget calls, phones and faults", {204: reply("Done")} | READ,
                               parameters=(emptied,)),
        "GET openapi.json": operation([], "document", "This document", {200: reply("OpenAPI 3.1", {"type": "object"})}),
    }  # fmt: skip
    below = {title.replace(" ", " /simulator/"): one for title, one in operations.items()}
    return paths(below, uuid=UUID, address=ADDRESS, what=text(*USES))


_control = partial(operation, [{"control": []}])  # with the token of the control plane


def _read(name: str, summary: str, found: Part) -> Part:
    return _control(name, summary, {200: found} | READ)


def _sent(name: str, summary: str, done: Part, schema: Schema) -> Part:
    return _control(name, summary, {200: done} | SENT, takes=body(schema))


def _rate(usual: str) -> Part:
    return query("rate", text(*map(str, RATES), default=usual))


def _use() -> Schema:
    address = {"to": text(pattern=KINDS["phone"].pattern), "application_id": text()}
    dial = {**address, "headers": {"type": "object"}, "custom_data": {"type": "object"}}
    said = {"digits": text(pattern="^[0-9*#]+$"), "text": text(), "language": text(), "url": text(), "file": text()}
    return object_of({}, {**dial, **said})


def _advance() -> Part:
    order = object_of({"seconds": number(0, LONGEST)}, {"call": text(), "until": text(*LIVE, *OVER)})
    done = reply("Everything due is done", thing({"now": number(0), "reached": flag()}))
    about = "With call and until it returns as soon as that call has that status."
    return _control("advance", "Let call time pass", {200: done} | SENT | refusals(ControlError=404),
                    takes=body(order), about=about)  # fmt: skip

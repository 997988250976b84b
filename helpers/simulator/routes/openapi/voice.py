"""The Voice API 1.10.0: calls, what is done to them, and recordings."""

from __future__ import annotations

from functools import partial

from ....base.numbers import E164
from ....ncco.models.endpoints import ENDPOINTS
from ....ncco.models.ssml import TEXT_LIMIT
from ..voice import ACTIONS, STATUSES
from .ncco import request_fields
from .operations import Part, body, operation, paths, query, refusals, reply, sound
from .shapes import Schema, any_of, flag, listing, object_of, ref, text, thing, whole

_voice = partial(operation, [{"token": []}])  # with a token of the application
ALWAYS = refusals(ProxyError=401, Problem=(429, 500))
NO_CALL = refusals(ProxyError=(401, 404), Problem=(404, 429, 500))
# What a request with a body can be refused for besides.
BODY = refusals(ProxyError=(400, 415), BackendError=400, Problem=(400, 408, 413))
SENT = refusals(ProxyError=(400, 401, 404, 415), BackendError=400, Problem=(400, 404, 408, 413, 429, 500))
NOT_ANSWERED = refusals(ProxyError=(400, 401, 404), Problem=(404, 429, 500))

URLS = listing(text(pattern=r"^https?://\S+$"), minItems=1, maxItems=1)
UUID = text(pattern="^[0-9a-f-]{32,36}$", description="The leg's uuid, not that of its conversation.")


def voice_schemas() -> dict[str, Schema]:
    """Components of the Voice API besides the NCCO and the endpoints."""
    href = thing({"href": text()})
    named = ("number", "uri", "content-type", "user", "extension")
    party = thing({"type": text(*ENDPOINTS)}, {name: text() for name in named})
    over = ("rate", "price", "duration", "network", "start_time", "end_time")
    call = thing(
        {
            "_links": thing({"self": href}),
            "uuid": text(),
            "conversation_uuid": text(pattern="^CON-"),
            "status": text(*STATUSES),
            "direction": text("outbound", "inbound"),
            "to": party,
            "from": party,
        },
        {name: text() for name in over},
        description="A call. Money and times are there once it is completed.",
    )
    links = thing({"self": href, "first": href, "last": href}, {"next": href, "prev": href})
    page = {
        "count": whole(0),
        "page_size": whole(1, 100),
        "record_index": whole(0),
        "_links": links,
        "_embedded": thing({"calls": listing(ref("Call"))}),
    }
    placed = {
        "uuid": text(),
        "status": {"const": "started"},
        "direction": {"const": "outbound"},
        "conversation_uuid": text(pattern="^CON-"),
    }
    endpoints = [ref(f"Rest{kind.capitalize()}") for kind in ENDPOINTS]
    return {
        "Call": call,
        "CallPage": thing(page),
        "CallPlaced": thing(placed),
        "Done": thing({"message": text(), "uuid": text()}),
        "To": listing({"oneOf": endpoints}, minItems=1, maxItems=1),
        "NewCall": _new_call(),
        "Change": _change(),
    }


def _new_call() -> Schema:
    """The body of ``POST /v1/calls``."""
    caller = text(pattern=rf"^({E164.pattern}|sips?:\S+)$")
    fields = object_of(
        {"to": ref("To")},
        {
            "from": object_of({"number": caller}, {"type": {"const": "phone"}}),
            "ncco": ref("Ncco"),
            "answer_url": URLS,
            "event_url": {**URLS, "description": "Required unless the application has one."},
            **request_fields("calls"),
        },
    )
    program = {"oneOf": [{"required": ["ncco"]}, {"required": ["answer_url"]}]}
    number_shown = {
        "oneOf": [
            {"required": ["from"], "properties": {"random_from_number": {"const": False}}},
            {"required": ["random_from_number"], "properties": {"random_from_number": {"const": True}, "from": False}},
        ]
    }
    return {**fields, "allOf": [program, number_shown]}


def _change() -> Schema:
    """The body of ``PUT /v1/calls/{uuid}``."""
    kind = {"type": {"const": "ncco"}}
    there = object_of({**kind, "url": URLS}, {"ncco": False})  # type: ignore[dict-item]
    inline = object_of({**kind, "ncco": ref("Ncco")}, {"url": False})  # type: ignore[dict-item]
    others = [action for action in ACTIONS if action != "transfer"]
    return any_of(
        object_of({"action": text(*others)}),
        object_of({"action": {"const": "transfer"}, "destination": {"oneOf": [there, inline]}}),
    )


def voice_paths() -> dict[str, Part]:
    """Paths of the Voice API."""
    moment = text(format="date-time")
    filters = (
        query("status", text(*STATUSES)),
        query("date_start", moment, "Calls that were made then or later."),
        query("date_end", moment, "Calls that were made then or before."),
        query("page_size", whole(1, 100, default=10)),
        query("record_index", whole(0, 1_000_000, default=0), "How many calls to leave out at the beginning."),
        query("order", text("asc", "desc", default="asc")),
        query("conversation_uuid", text()),
    )
    gone = reply("Done; its events tell what came of it")
    done = {200: reply("Done", ref("Done"))}
    files = sound("The recording, or its transcript", "application/octet-stream", "application/json")
    placed = {201: reply("It has begun", ref("CallPlaced"))} | BODY | refusals(ProxyError=401, Problem=(402, 429, 500))
    page = {200: reply("A page of calls", ref("CallPage"))} | ALWAYS | refusals(BackendError=400)
    stream = object_of({"stream_url": URLS}, request_fields("stream"))
    words = {**request_fields("talk"), "premium": flag()}
    talk = object_of({"text": text(minLength=1, maxLength=TEXT_LIMIT)}, words)
    digits = object_of({"digits": text(pattern="^[0-9*#p]{1,500}$")})
    keys = object_of({"event_url": URLS}, request_fields("input/dtmf"))
    call = "/v1/calls/{uuid}"
    operations = {
        "GET /v1/calls": _voice("listCalls", "List calls", page, parameters=filters),
        "POST /v1/calls": _voice("createCall", "Place a call", placed, takes=body(ref("NewCall"))),
        f"GET {call}": _voice("getCall", "One call", {200: reply("The call", ref("Call"))} | NO_CALL),
        f"PUT {call}": _voice("updateCall", "Hang up, mute, earmuff, transfer", {204: gone} | SENT,
                              takes=body(ref("Change"))),
        **_start_and_stop(f"{call}/stream", "Stream", "Play a file into a call", stream, done),
        **_start_and_stop(f"{call}/talk", "Talk", "Speak into a call", talk, done),
        f"PUT {call}/dtmf": _voice("startDTMF", "Send key tones into a call", done | SENT, takes=body(digits)),
        **_start_and_stop(f"{call}/input/dtmf", "InputDTMF", "Have each key sent at once", keys, {200: reply("Done")}),
    }  # fmt: skip
    file = _voice("getRecording", "Download a recording",
                  {200: files} | refusals(ProxyError=401, ConversationError=404, Problem=(404, 429, 500)))  # fmt: skip
    uuid = text(pattern="^[0-9a-f-]{36}$", description="As the recording_url of the record event has it.")
    return paths(operations, uuid=UUID) | paths({"GET /v1/files/{uuid}": file}, uuid=uuid)


def _start_and_stop(where: str, name: str, summary: str, schema: Schema, done: dict[int, Part]) -> dict[str, Part]:
    """PUT begins something in a call, DELETE ends it."""
    return {
        f"PUT {where}": _voice(f"start{name}", summary, done | SENT, takes=body(schema)),
        f"DELETE {where}": _voice(f"stop{name}", f"{summary}: stop", done | NOT_ANSWERED),
    }

"""What the bodies of the Voice API may hold: checked field by field, refused in the words of the right family."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from ...base.numbers import E164
from ...base.text import did_you_mean, unseen_in
from ...base.web import fault_of
from ...ncco import NccoError, parse
from ...ncco.checking.document import no_list
from ...ncco.jsontext import wrapped
from ...ncco.models import endpoints as models
from ...ncco.models.fields import Flag, Level, Loop, Method, WholeSeconds
from ...ncco.models.joining import AdvancedMachineDetection
from ...ncco.models.model import Part
from ...ncco.models.ssml import TEXT_LIMIT, spoken_length
from ...ncco.models.voices import voice_of
from ...ncco.problems.problems import Problem
from ...ncco.problems.rules import TAKEN
from ...ncco.schema import named_options, options_of
from ...wire.fields import FIELDS, meant_by
from ..account.account import Account
from ..account.applications import Webhook, voice_hooks
from ..clock import Clock
from ..errors import backend, proxy
from ..ids import Ids
from ..legs.detection import detection_of
from ..legs.leg import Leg
from ..timeouts import ANSWER_TIMEOUT
from ..webhooks.payloads import ENDPOINTS

BAD_NUMBER = "must be 7 to 15 digits in E.164 format, without +, leading zeros, spaces or letters"
SPELLING = {"standard_headers": "standardHeaders"}  # REST and NCCO name one thing in two ways
LONGEST_SIP = 50  # characters of a SIP address (Voice API 1.10.0)
EARLY = 1.0  # seconds after creation in which a hang-up is refused

Reasons = list[tuple[str, str]]


class Request(Part):
    """The plain fields of all bodies of the Voice API, read as those of an NCCO are."""

    random_from_number: Flag = False
    answer_method: Method = "GET"
    event_method: Method = "POST"
    machine_detection: Literal["continue", "hangup"] | None = None
    advanced_machine_detection: AdvancedMachineDetection | None = None
    length_timer: Annotated[WholeSeconds, Field(ge=1, le=86_400)] = 7200
    ringing_timer: Annotated[WholeSeconds, Field(ge=1, le=120)] = 60
    language: str | None = None
    style: Annotated[int, Field(ge=0)] | None = None
    voice_name: str | None = None
    level: Level = 0.0
    loop: Loop = 1


def plain_fields(request: str) -> list[str]:
    """The names of those fields of a request that are in the model; ``request`` is the end of its path."""
    return [name for name in FIELDS[request] if name in named_options(Request)]


def taken(body: dict[str, Any], request: str) -> list[str]:
    """What of a body is not as the definition wants it, and is taken all the same."""
    given = present(body)
    nulls = [f"{name} of the request is null; it is read as left out." for name in body if name not in given]
    meant = meant_by(body, FIELDS[request])
    strange = [f'"{wrong[:40]}" does nothing here. Did you mean {field}?' for wrong, field in meant.items()]
    found = Request.look_at({name: given[name] for name in plain_fields(request) if name in given})[1]
    to = body.get("to")
    if isinstance(to, list) and to and isinstance(to[0], dict) and (kind := str(to[0].get("type"))) in ENDPOINTS:
        found += models.ENDPOINTS[kind].look_at(to[0])[1]
    # An unknown field is ignored; the definition has the level as text.
    return nulls + strange + [p.message for p in found if p.rule in TAKEN - {"unknown-option"} and p.field != "level"]


def _read(body: dict[str, Any], request: str, reasons: Reasons) -> Request:
    """The plain fields of a request, put right; as they are if one of them is wrong."""
    model, found, tidied = Request.look_at({name: body[name] for name in plain_fields(request) if name in body})
    reasons += [(p.field, _reason(p)) for p in found if p.severity == "error"]
    return model or Request.model_construct(**tidied.data)


def outbound_leg(body: dict[str, Any], application: str, account: Account, ids: Ids, clock: Clock) -> Leg:
    """The leg that ``POST /v1/calls`` asks for. Raises a 400 of family B (missing) or C (wrong)."""
    reasons: Reasons = []
    body, plain = present(body), _read(body, "calls", reasons)
    if missing := _missing(body, plain, application, account):
        raise proxy(400, {name: f"Is required{_instead(body, name, 'calls') or '.'}" for name in missing})
    to = _endpoint(body["to"], reasons)
    from_ = _caller(body, plain.random_from_number, application, account, to, reasons)
    ncco = _ncco(body, reasons)
    if "answer_url" in body:
        _url_list(body["answer_url"], "answer_url", reasons)
    if "event_url" in body:
        _url_list(body["event_url"], "event_url", reasons)
    if reasons:
        raise backend(reasons)
    hooks = voice_hooks(account.application(application))
    event = hooks["event_url"]
    if "event_url" in body:
        event = Webhook(body["event_url"][0], plain.event_method)
    answer = None
    if "answer_url" in body:
        answer = Webhook(body["answer_url"][0], plain.answer_method, socket_timeout=ANSWER_TIMEOUT)
    advanced = plain.advanced_machine_detection
    return Leg(
        uuid=ids.uuid(),
        conversation=ids.conversation(),
        direction="outbound",
        from_=from_,
        to=to[ENDPOINTS[to["type"]]],
        endpoint=to["type"],
        application_id=application,
        created_at=clock.now,
        event=event,
        answer=answer,
        fallback=hooks["fallback_answer_url"],
        ncco=ncco,
        ringing_timer=plain.ringing_timer,
        length_timer=plain.length_timer,
        headers=dict(to.get("headers") or {}),
        options=to,
        detection=detection_of(plain.machine_detection, advanced.to_dict() if advanced else None),
    )


def stream_body(body: dict[str, Any]) -> tuple[str, float, int]:
    """URL, level and loop of ``PUT …/stream``."""
    reasons: Reasons = []
    if body.get("stream_url") is None:
        raise backend([("stream_url", f"is required{_instead(body, 'stream_url', 'stream')}")])
    _url_list(body["stream_url"], "stream_url", reasons)
    plain = _read(body, "stream", reasons)
    if reasons:
        raise backend(reasons)
    return body["stream_url"][0], plain.level, plain.loop


def talk_body(body: dict[str, Any]) -> tuple[str, str, int, float, int]:
    """Text, language, style, level and loop of ``PUT …/talk``."""
    reasons: Reasons = []
    text = body.get("text")
    if text is None or text == "":
        reasons.append(("text", f"is required{_instead(body, 'text', 'talk')}"))
    elif not isinstance(text, str):
        reasons.append(("text", "must be a string"))
    elif spoken_length(text) > TEXT_LIMIT:
        reasons.append(("text", f"must not be longer than {TEXT_LIMIT} characters"))
    plain = _read(body, "talk", reasons)
    if reasons:
        raise backend(reasons)
    return str(text), *voice_of(plain.language, plain.style, plain.voice_name), plain.level, plain.loop


def destination(body: dict[str, Any]) -> tuple[list[dict[str, Any]] | None, str]:
    """Where ``PUT`` transfer leads: an NCCO, or the URL of one."""
    reasons: Reasons = []
    where = body.get("destination")
    if not isinstance(where, dict):
        raise backend([("destination", "is required" if where is None else "must be an object")])
    where = present(where)
    if where.get("type") != "ncco":
        reasons.append(("destination.type", "must be: ncco"))
    if ("ncco" in where) == ("url" in where):
        reasons.append(("destination", "must hold either ncco or url"))
    elif "url" in where:
        _url_list(where["url"], "destination.url", reasons)
    else:
        found: Reasons = []
        _ncco(where, found)
        reasons += [(f"destination.{name}", reason) for name, reason in found]
    if reasons:
        raise backend(reasons)
    return where.get("ncco"), where["url"][0] if "url" in where else ""


def dtmf_body(body: dict[str, Any]) -> str:
    """The digits of ``PUT …/dtmf``."""
    digits = body.get("digits")
    if not isinstance(digits, str) or not re.fullmatch(r"[0-9*#p]{1,500}", digits):
        raise backend([("digits", "must be 1 to 500 of 0-9, *, # and p (a pause of 500 ms)")])
    return digits


def subscription_body(body: dict[str, Any]) -> Webhook:
    """Where single keys are sent: ``PUT …/input/dtmf``."""
    reasons: Reasons = []
    if body.get("event_url") is None:
        raise backend([("event_url", f"is required{_instead(body, 'event_url', 'input/dtmf')}")])
    _url_list(body["event_url"], "event_url", reasons)
    plain = _read(body, "input/dtmf", reasons)
    if reasons:
        raise backend(reasons)
    return Webhook(body["event_url"][0], plain.event_method)


def present(body: dict[str, Any]) -> dict[str, Any]:
    """A body without its nulls."""
    return {name: value for name, value in body.items() if value is not None}


def _missing(body: dict[str, Any], plain: Request, application: str, account: Account) -> list[str]:
    missing = [] if "to" in body else ["to"]
    if "from" not in body and not plain.random_from_number:
        missing.append("from")
    if "ncco" not in body and "answer_url" not in body:
        missing.append("answer_url")
    if "event_url" not in body and not voice_hooks(account.application(application))["event_url"]:
        missing.append("event_url")
    return missing


def _endpoint(to: Any, reasons: Reasons) -> dict[str, Any]:
    if not isinstance(to, list):
        reasons.append(("to", _no_array(to, "with one endpoint")))
        return {}
    if len(to) != 1 or not isinstance(to[0], dict):
        reasons.append(("to", "must hold one endpoint object"))
        return {}
    kind = to[0].get("type")
    if not isinstance(kind, str) or kind not in ENDPOINTS:
        reasons.append(("type", one_of(kind, ENDPOINTS)))
        return {}
    endpoint = _known(kind, to[0])
    if kind == "phone":
        _number(endpoint.get("number"), "number", reasons)
        keys = endpoint.get("dtmfAnswer", "")
        if not isinstance(keys, str) or not re.fullmatch(r"[0-9*#p]*", keys):
            reasons.append(("dtmfAnswer", "may hold 0-9, *, # and p"))
    else:
        reasons += _not_a_phone(kind, endpoint)
    return endpoint


def _known(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """The fields that this type of endpoint has in ``POST /v1/calls``, by the names of ``connect``.

    What is left out has not been checked, so nobody may rely on it. ``onAnswer`` is connect's own.
    """
    fields = {option.name for option in options_of(models.ENDPOINTS[kind])} | {"type"}
    named = {SPELLING.get(name, name): value for name, value in given.items()}
    return {name: value for name, value in present(named).items() if name in fields - {"onAnswer"}}


def _not_a_phone(kind: str, endpoint: dict[str, Any]) -> Reasons:
    """What is wrong with an endpoint of another type, by the models of ``connect``, under the names of REST."""
    _, problems, _ = models.ENDPOINTS[kind].look_at(endpoint)
    found = [(problem.field, _reason(problem)) for problem in problems if problem.severity == "error"]
    if kind == "sip" and not found and not 1 <= len(str(endpoint.get("uri", ""))) <= LONGEST_SIP:
        found.append(("uri", f"must have 1 to {LONGEST_SIP} characters"))
    rest = {model: name for name, model in SPELLING.items()}
    return [(".".join(rest.get(part, part) for part in field.split(".")), reason) for field, reason in found]


def _caller(
    body: dict[str, Any], any_number: bool, application: str, account: Account, to: dict[str, Any], reasons: Reasons
) -> str:
    """The number the call comes from."""
    if any_number:
        if "from" in body:
            reasons.append(("random_from_number", "cannot be used together with from"))
        linked = account.linked_number(application, str(to.get("number", "")))
        if not linked:
            reasons.append(("random_from_number", "needs a number that is linked to the application"))
        return linked
    caller = body.get("from")
    if not isinstance(caller, dict):
        reasons.append(("from", "Invalid type parameter provided: must be an endpoint object"))
        return ""
    if caller.get("type", "phone") != "phone":
        reasons.append(("from.type", "must be phone"))
    number = caller.get("number")
    if not (isinstance(number, str) and re.fullmatch(r"sips?:\S+", number)):
        _number(number, "from.number", reasons)
    return str(number)


def _ncco(body: dict[str, Any], reasons: Reasons) -> list[dict[str, Any]] | None:
    if "ncco" not in body:
        return None
    if "answer_url" in body:
        reasons.append(("ncco", "cannot be used together with answer_url"))
    if not isinstance(body["ncco"], list):
        said = f"Invalid type parameter provided: must be an array of actions. {no_list(body['ncco'])}"
        reasons.append(("ncco", said))
        return None
    try:
        parse(body["ncco"])
    except NccoError as error:
        for problem in error.problems:
            if problem.severity == "error":
                where = "ncco" if problem.action is None else f"ncco[{problem.action}]"
                reasons.append((f"{where}.{problem.field}" if problem.field else where, _reason(problem)))
        return None
    actions: list[dict[str, Any]] = body["ncco"]
    return actions


def _reason(problem: Problem) -> str:
    """What is wrong, and what was probably meant; the other cures are the linter's."""
    return str(replace(problem, action=None)) if problem.cure.startswith("Did you mean") else problem.message


def _no_array(value: Any, of: str) -> str:
    how = wrapped(value)
    cause = f"; this is {how.said}. {how.cure}" if how else ""
    return f"Invalid type parameter provided: must be an array {of}{cause}"


def _url_list(value: Any, name: str, reasons: Reasons) -> None:
    if not isinstance(value, list):
        reasons.append((name, _no_array(value, "with one URL")))
    elif len(value) != 1 or not isinstance(value[0], str):
        reasons.append((name, "must hold one http or https URL"))
    elif fault := fault_of(value[0]):
        reasons.append((name, f"must hold one http or https URL: this one {fault.said}"))


def _number(value: Any, name: str, reasons: Reasons) -> None:
    if not isinstance(value, str):
        reasons.append((name, "Invalid type parameter provided: must be a string of digits"))
    elif not E164.fullmatch(value):
        hidden = unseen_in(value)
        reasons.append((name, f"{BAD_NUMBER}; this one holds {hidden}" if hidden else BAD_NUMBER))


def one_of(wrong: Any, allowed: Iterable[str]) -> str:
    """Why a value is refused that is none of these, and which one it was probably meant to be."""
    near = did_you_mean(wrong, allowed)
    return f"must be one of: {', '.join(allowed)}{near and f'.{near}'}"


def _instead(body: dict[str, Any], name: str, request: str) -> str:
    """What stands in the body in place of a field that is missing."""
    wrong = next((wrong for wrong, field in meant_by(body, FIELDS[request]).items() if field == name), "")
    return f'. Did you mean it by "{wrong[:40]}"?' if wrong else ""

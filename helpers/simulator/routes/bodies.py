"""What the bodies of the Voice API may hold: checked field by field, refused in the words of the right family."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...base.numbers import E164
from ...base.text import did_you_mean, unseen_in
from ...base.web import fault_of
from ...ncco import NccoError, parse
from ...ncco.checking.document import no_list
from ...ncco.jsontext import wrapped
from ...ncco.models import endpoints as models
from ...ncco.models.ssml import TEXT_LIMIT, spoken_length
from ...ncco.models.voices import voice_of
from ...ncco.problems.problems import Problem
from ...ncco.schema import options_of
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


def outbound_leg(body: dict[str, Any], application: str, account: Account, ids: Ids, clock: Clock) -> Leg:
    """The leg that ``POST /v1/calls`` asks for. Raises a 400 of family B (missing) or C (wrong)."""
    if missing := _missing(body, application, account):
        raise proxy(400, {name: f"Is required{_instead(body, name, 'calls') or '.'}" for name in missing})
    reasons: Reasons = []
    to = _endpoint(body["to"], reasons)
    from_ = _caller(body, application, account, to, reasons)
    ncco = _ncco(body, reasons)
    if "answer_url" in body:
        _url_list(body["answer_url"], "answer_url", reasons)
    if "event_url" in body:
        _url_list(body["event_url"], "event_url", reasons)
    for name in ("answer_method", "event_method"):
        _one_of(body, name, ("GET", "POST"), reasons)
    _one_of(body, "machine_detection", ("continue", "hangup"), reasons)
    _advanced_detection(body, reasons)
    _within(body, "length_timer", 1, 86_400, reasons)
    _within(body, "ringing_timer", 1, 120, reasons)
    if reasons:
        raise backend(reasons)
    hooks = voice_hooks(account.application(application))
    event = hooks["event_url"]
    if "event_url" in body:
        event = Webhook(body["event_url"][0], body.get("event_method", "POST"))
    answer = None
    if "answer_url" in body:
        answer = Webhook(body["answer_url"][0], body.get("answer_method", "GET"), socket_timeout=ANSWER_TIMEOUT)
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
        ringing_timer=body.get("ringing_timer", 60),
        length_timer=body.get("length_timer", 7200),
        headers=dict(to.get("headers") or {}),
        options=to,
        detection=detection_of(body.get("machine_detection"), body.get("advanced_machine_detection")),
    )


def stream_body(body: dict[str, Any]) -> tuple[str, float, int]:
    """URL, level and loop of ``PUT …/stream``."""
    reasons: Reasons = []
    if "stream_url" not in body:
        raise backend([("stream_url", f"is required{_instead(body, 'stream_url', 'stream')}")])
    _url_list(body["stream_url"], "stream_url", reasons)
    level, loop = _level_and_loop(body, reasons)
    if reasons:
        raise backend(reasons)
    return body["stream_url"][0], level, loop


def talk_body(body: dict[str, Any]) -> tuple[str, str, int, float, int]:
    """Text, language, style, level and loop of ``PUT …/talk``."""
    reasons: Reasons = []
    text = body.get("text")
    if not isinstance(text, str) or not text:
        reasons.append(("text", f"is required{_instead(body, 'text', 'talk')}"))
    elif spoken_length(text) > TEXT_LIMIT:
        reasons.append(("text", f"must not be longer than {TEXT_LIMIT} characters"))
    language, style, name = body.get("language"), body.get("style"), body.get("voice_name")
    if name is not None and not isinstance(name, str):
        reasons.append(("voice_name", "must be a text such as Amy"))
    if language is not None and not isinstance(language, str):
        reasons.append(("language", "must be a language code such as en-GB"))
    if style is not None and (not isinstance(style, int) or isinstance(style, bool) or style < 0):
        reasons.append(("style", "must be a whole number from 0"))
    level, loop = _level_and_loop(body, reasons)
    if reasons:
        raise backend(reasons)
    return str(text), *voice_of(language, style, name), level, loop


def destination(body: dict[str, Any]) -> tuple[list[dict[str, Any]] | None, str]:
    """Where ``PUT`` transfer leads: an NCCO, or the URL of one."""
    reasons: Reasons = []
    where = body.get("destination")
    if not isinstance(where, dict):
        raise backend([("destination", "is required" if where is None else "must be an object")])
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
    if "event_url" not in body:
        raise backend([("event_url", f"is required{_instead(body, 'event_url', 'input/dtmf')}")])
    _url_list(body["event_url"], "event_url", reasons)
    _one_of(body, "event_method", ("GET", "POST"), reasons)
    if reasons:
        raise backend(reasons)
    return Webhook(body["event_url"][0], body.get("event_method", "POST"))


def _missing(body: dict[str, Any], application: str, account: Account) -> list[str]:
    missing = [] if "to" in body else ["to"]
    if "from" not in body and not body.get("random_from_number"):
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
    return {name: value for name, value in named.items() if name in fields - {"onAnswer"}}


def _not_a_phone(kind: str, endpoint: dict[str, Any]) -> Reasons:
    """What is wrong with an endpoint of another type, by the models of ``connect``, under the names of REST."""
    _, problems, _ = models.ENDPOINTS[kind].look_at(endpoint)
    found = [(problem.field, _reason(problem)) for problem in problems if problem.severity == "error"]
    if kind == "sip" and not found and not 1 <= len(str(endpoint.get("uri", ""))) <= LONGEST_SIP:
        found.append(("uri", f"must have 1 to {LONGEST_SIP} characters"))
    rest = {model: name for name, model in SPELLING.items()}
    return [(".".join(rest.get(part, part) for part in field.split(".")), reason) for field, reason in found]


def _caller(body: dict[str, Any], application: str, account: Account, to: dict[str, Any], reasons: Reasons) -> str:
    """The number the call comes from."""
    if not isinstance(body.get("random_from_number", False), bool):
        reasons.append(("random_from_number", "must be true or false"))
    if body.get("random_from_number"):
        if "from" in body:
            reasons.append(("random_from_number", "cannot be used together with from"))
        linked = account.linked_number(application, str(to.get("number", "")))
        if not linked:
            reasons.append(("random_from_number", "needs a number that is linked to the application"))
        return linked
    caller = body["from"]
    if not isinstance(caller, dict):
        reasons.append(("from", "Invalid type parameter provided: must be an endpoint object"))
        return ""
    if caller.get("type", "phone") != "phone":
        reasons.append(("from.type", "must be phone"))
    number = caller.get("number")
    if not (isinstance(number, str) and re.fullmatch(r"sips?:\S+", number)):
        _number(number, "from.number", reasons)
    return str(number)


def _advanced_detection(body: dict[str, Any], reasons: Reasons) -> None:
    """``{"behavior", "mode", "beep_timeout"}`` (Voice API 1.10.0)."""
    name = "advanced_machine_detection"
    if name not in body:
        return
    rules = body[name]
    if not isinstance(rules, dict):
        reasons.append((name, "Invalid type parameter provided: must be an object"))
        return
    found: Reasons = []
    _one_of(rules, "behavior", ("continue", "hangup"), found)
    _one_of(rules, "mode", ("default", "detect", "detect_beep"), found)
    _within(rules, "beep_timeout", 30, 120, found)
    reasons += [(f"{name}.{field}", reason) for field, reason in found]


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


def _one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...], reasons: Reasons) -> None:
    if name in body and body[name] not in allowed:
        reasons.append((name, one_of(body[name], allowed)))


def one_of(wrong: Any, allowed: Iterable[str]) -> str:
    """Why a value is refused that is none of these, and which one it was probably meant to be."""
    near = did_you_mean(wrong, allowed)
    return f"must be one of: {', '.join(allowed)}{near and f'.{near}'}"


def _instead(body: dict[str, Any], name: str, request: str) -> str:
    """What stands in the body in place of a field that is missing."""
    wrong = next((wrong for wrong, field in meant_by(body, FIELDS[request]).items() if field == name), "")
    return f'. Did you mean it by "{wrong[:40]}"?' if wrong else ""


def _within(body: dict[str, Any], name: str, low: int, high: int, reasons: Reasons) -> None:
    value = body.get(name, low)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        reasons.append((name, f"must be a whole number from {low} to {high}"))


def _level_and_loop(body: dict[str, Any], reasons: Reasons) -> tuple[float, int]:
    """Both are taken as numbers and as strings: the definition says string for level, the SDKs send numbers."""
    level, loop = 0.0, 1
    try:
        level = float(body.get("level", "0"))
    except (TypeError, ValueError, OverflowError):
        level = 2.0
    if not -1 <= level <= 1:
        reasons.append(("level", "must be from -1 to 1"))
    try:
        loop = int(body.get("loop", 1))
    except (TypeError, ValueError):
        loop = -1
    if loop < 0:
        reasons.append(("loop", "must be a whole number from 0; 0 plays without end"))
    return level, loop

"""Mustache templates, ``{{number}}`` and ``{{msg.payload}}``, with the right escape for the place a value goes to.

Mustache was made for web pages and writes ``/`` as ``&#x2F;``: in a call that would be an address nobody can fetch.
Here nothing is escaped for HTML; each destination has an escape of its own (:mod:`helpers.ncco.templates.places`).
``{{name}}``, ``{{{name}}}`` and ``{{&name}}`` (as it is), ``{{#list}}…{{/list}}``, ``{{^none}}…{{/none}}``, ``{{.}}``,
``{{! a remark }}`` and dotted names work as in Mustache. Names are looked up only where a template has them; one that
is not there is an error, in a section, too: ``None`` and ``False`` stand for what is left out on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...base.errors import KitError
from ..data import as_data
from ..jsontext import from_json, read
from ..problems.problems import NccoError, Problem, kind_of, shown
from .job import Finding, Job
from .one_filling import Filling
from .places import Address, Json, Place, Query, Xml
from .reading import parse
from .values import CannotFill, has_names
from .walk import Spot, options_of_a_call, options_of_action, rebuilt

#: Destination -> the place that knows how values are escaped there; it is given the template.
DESTINATIONS: dict[str, Callable[[str], Place]] = {
    "text": lambda template: Place(),
    "url": lambda template: Query(),
    "json": Json,
    "ssml": lambda template: Xml(),
    "xml": lambda template: Xml(),
    "address": Address,
}


class TemplateError(KitError):
    """A template is malformed, or names a variable that is not there.

    ``.template`` is the template; in an NCCO ``.action`` is the position of the action and ``.field`` its option.
    """

    template: str
    action: int | None
    field: str


def render(template: str, variables: Any, *, destination: str = "text") -> str:
    """The template with its placeholders filled in.

    ``destination`` says what the values become part of: ``"text"`` (as they are), ``"url"`` (one value in a query:
    everything but letters and digits is percent-encoded), ``"address"`` (a whole address: start, host, path or query,
    wherever it lands), ``"json"`` (a JSON text, or what stands between its quotes), ``"ssml"`` or ``"xml"``.
    ``{{{name}}}`` puts a value in as it is, wherever it goes. ``variables`` is a mapping, or an object with attributes.
    Dotted names reach into mappings, lists (``results.0.text``) and objects; a function without arguments is called; a
    bool becomes ``true``, a list or dict JSON. Raises :class:`TemplateError`.

    >>> render("https://example.com/?who={{msg.payload}}", {"msg": {"payload": "Tom & J"}}, destination="url")
    'https://example.com/?who=Tom%20%26%20J'
    """
    if destination not in DESTINATIONS:
        raise TemplateError(
            f'There is no destination "{destination}".', f"Use one of {', '.join(DESTINATIONS)}.", template=template
        )
    _look_at(template, variables)
    parsed = parse(template)
    for fault in parsed.faults:
        raise TemplateError(
            f"The template {shown(template)} is malformed: {fault.message}.", fault.cure, template=template
        )
    try:
        return Filling(parsed, DESTINATIONS[destination](template), strict=True).run(variables)
    except CannotFill as problem:
        raise TemplateError(f"The template {problem.message}.", problem.cure, template=template) from None


def render_ncco(data: Any, variables: Any) -> list[Any]:
    """An NCCO (a list, or JSON text) with the placeholders in all its texts filled in, ready for ``parse``.

    The JSON is read first and each text rendered by itself, so no value can break it. Inside ``<speak>`` a value is
    escaped for XML. In a web address it goes in as it is at the start (a scheme or a whole address); as a part of the
    host, in the path and after ``?`` it is percent-encoded, as each of them needs. A text that is one placeholder and
    nothing else becomes the value with its type, unless the option is a text; in a number's place ``"2"`` becomes 2.
    Raises :class:`TemplateError` for the first placeholder that cannot be filled in; :func:`fill` tells of all.
    """
    items, problems = _items(data)
    if any(p.severity == "error" for p in problems):
        raise NccoError(problems)
    _look_at("", variables)
    job = Job(variables, on_error=_raise)
    return [_fill_action(job, index, item) for index, item in enumerate(items)]


def render_call(parameters: Mapping[str, Any], variables: Any) -> dict[str, Any]:
    """The body of ``POST /v1/calls``, or the keyword arguments of ``kit.vonage.create_call``, filled in.

    Each value is escaped for its place, as in :func:`render_ncco`: the addresses, the NCCO, the endpoint. A number to
    call is always a text, even if the variable is the number 447700900001; ``"ringing_timer": "{{seconds}}"`` becomes a
    number. Raises :class:`TemplateError`.

    >>> render_call({"to": "{{msg.payload}}", "ringing_timer": "{{s}}"}, {"msg": {"payload": 447700900001}, "s": "20"})
    {'to': '447700900001', 'ringing_timer': 20}
    """
    if not isinstance(parameters, Mapping):
        said = f"The parameters of a call are a dict, but this is {kind_of(parameters)}."
        raise TemplateError(said, 'Write for example {"to": "{{msg.payload}}"}.', template="")
    _look_at("", variables)
    made: dict[str, Any] = _fill_call(Job(variables, on_error=_raise), parameters)
    return made


def fill(data: Any, variables: Any) -> tuple[list[Any], list[Problem]]:
    """An NCCO filled in as far as possible, and the problems of what is not: a placeholder without a value stays.

    A text that is malformed stays as it is. Never raises; JSON text that cannot be read gives an empty list.
    """
    items, found = _items(data)
    if any(p.severity == "error" for p in found):
        return [], found
    job = Job(variables)
    return [_fill_action(job, index, item) for index, item in enumerate(items)], job.problems


def template_problems(data: Any, variables: Any) -> list[Problem]:
    """All that is wrong with the templates of an NCCO, or of the parameters of a call. Never raises.

    Errors: a variable that is not there, with the nearest name, a template that is malformed, a value that cannot be
    written down. Advice: three braces where a value can break an address or SSML. Only what these variables would
    bring to light is looked at: the inside of a section that is left out is not.
    """
    job = Job(variables)
    return fill_with(job, data) or job.problems


def placeholders(data: Any) -> list[str]:
    """The dotted names in an NCCO, the parameters of a call, or a template, in order of appearance, each once.

    Names of sections are among them; a name within a section stands as it is written there.

    >>> placeholders([{"action": "talk", "text": "{{#guests}}Hello {{name}}. {{/guests}}"}])
    ['guests', 'name']
    """
    found: dict[str, None] = {}

    def take(text: str, spot: Spot) -> str:
        found.update(dict.fromkeys(parse(text).names))
        return text

    if isinstance(data, (str, bytes, bytearray)):
        made, problems = from_json(data)
        wrong = any(p.severity == "error" for p in problems)
        data = [data] if wrong and isinstance(data, str) else [] if wrong else made
    rebuilt([as_data(data)], {}, take)
    return list(found)


def fill_with(job: Job, data: Any) -> list[Problem]:
    """Fill in an NCCO or the parameters of a call; what there is to say about it, ``job`` knows.

    The result is the problems of a JSON text that cannot be read.
    """
    if isinstance(data, Mapping) and "action" not in data:
        _fill_call(job, data)
        return []
    items, found = _items(data)
    wrong = any(p.severity == "error" for p in found)
    for index, item in enumerate([] if wrong else items):
        _fill_action(job, index, item)
    return found if wrong else []


def _items(data: Any) -> tuple[list[Any], list[Problem]]:
    items, problems = read(data)
    return (items if isinstance(items, list) else [items]), problems


def _fill_action(job: Job, index: int, item: Any) -> Any:
    job.start(index, item.get("action") if isinstance(item, dict) else None)
    made, whole = rebuilt(item, options_of_action(item), job.text)
    if not whole:
        job.too_large()
    return made


def _fill_call(job: Job, parameters: Mapping[str, Any]) -> Any:
    job.start(None, None)
    made, whole = rebuilt(dict(parameters), options_of_a_call(), job.text)
    if not whole:
        job.too_large()
    return made


def _raise(finding: Finding) -> None:
    where = f"{finding.where} " if finding.where else "It "
    place = "" if finding.action is None else f"[{finding.action}] "
    raise TemplateError(
        f"{place}{where}{finding.message}.",
        finding.cure,
        template=finding.template,
        action=finding.action,
        field=finding.field,
    )


def _look_at(template: Any, variables: Any) -> None:
    if not isinstance(template, str) or not (isinstance(variables, Mapping) or has_names(variables)):
        raise TemplateError(
            "A template is a text, and its variables are a dict.",
            'For example: render("Hello {{name}}", {"name": "Ada"}).',
            template=template,
        )

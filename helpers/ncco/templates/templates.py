"""Mustache templates, ``{{number}}`` and ``{{msg.payload}}``, with the right escape for the place a value goes to.

Mustache was made for web pages and writes ``/`` as ``&#x2F;``: in a call that would be an address nobody can fetch.
Here nothing is escaped for HTML; each destination has an escape of its own (:mod:`helpers.ncco.templates.escapes`).
``{{name}}``, ``{{{name}}}`` and ``{{&name}}`` (as it is), ``{{! a remark }}`` and dotted names work as in Mustache.
Sections (``{{#list}}``) do not: what is to be repeated or left out, Python does. Names are looked up only where a
template has them; one that is not there is an error: ``None`` stands for what is left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...base.errors import KitError
from ..data import texts_in
from ..jsontext import read, too_deep
from ..problems.problems import NccoError, Problem, kind_of
from .escapes import Landing
from .filling import Job, Spot, plain_option
from .reading import CannotFill, parse


class TemplateError(KitError):
    """A template is malformed, or names a variable that is not there.

    ``.template`` is the template; in an NCCO ``.action`` is the position of the action and ``.field`` its option.
    """

    template: str
    action: int | None
    field: str


def render(template: str, variables: Any) -> str:
    """The template with its placeholders filled in: a plain text, in which values stand as they are.

    ``variables`` is a mapping. Dotted names reach into mappings and lists (``results.0.text``); true and false are
    written so, a list or dict as JSON. Raises :class:`TemplateError`.

    >>> render("Hello {{msg.payload}}", {"msg": {"payload": "Tom & J"}})
    'Hello Tom & J'
    """
    _look_at(template, variables)
    job = Job(variables, name="The template")
    made = job.text(template, Spot((), plain_option("text")), Landing("text"))
    _raise_first(job)
    return str(made)


def render_ncco(data: Any, variables: Any) -> list[Any]:
    """An NCCO (a list, or JSON text) with the placeholders in all its texts filled in, ready for ``parse``.

    The JSON is read first and each text rendered by itself, so no value can break it. Inside ``<speak>`` a value is
    escaped for XML. In a web address it goes in as it is at the start (a scheme or a whole address); as a part of the
    host, in the path and after ``?`` it is percent-encoded, as each of them needs. A text that is one placeholder and
    nothing else becomes the value with its type, unless the option is a text; in a number's place ``"2"`` becomes 2.
    Raises :class:`TemplateError` for the first placeholder that cannot be filled in; :func:`template_problems` tells of
    all.
    """
    _look_at("", variables)
    job = Job(variables)
    made, problems = _fill_items(job, data)
    if any(p.severity == "error" for p in problems):
        raise NccoError(problems)
    _raise_first(job)
    return made


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
    job = Job(variables)
    made = job.call(parameters)
    _raise_first(job)
    return made


def template_problems(data: Any, variables: Any) -> list[Problem]:
    """All that is wrong with the templates of an NCCO, or of the parameters of a call.

    Errors: a variable that is not there, with the nearest name, a template that is malformed, a value that cannot be
    written down. Advice: three braces where a value can break an address or SSML.
    """
    job = Job(variables)
    return fill_with(job, data) or job.problems


def placeholders(data: Any) -> list[str]:
    """The dotted names in an NCCO, the parameters of a call, or a template, in order of appearance, each once.

    >>> placeholders([{"action": "talk", "text": "Hello {{name}}, calling from {{msg.call.from}}."}])
    ['name', 'msg.call.from']
    """
    made, problems = read(data)
    if any(p.severity == "error" for p in problems):
        made = data if isinstance(data, str) else ""
    found: dict[str, None] = {}
    for text in () if too_deep(made) else texts_in(made):
        with suppress(CannotFill):
            found |= dict.fromkeys(tag.name for tag in parse(text).tags)
    return list(found)


def fill_with(job: Job, data: Any) -> list[Problem]:
    """Fill in an NCCO or the parameters of a call; what there is to say about it, ``job`` knows.

    The result is the problems of data that cannot be read.
    """
    if isinstance(data, Mapping) and "action" not in data and not too_deep(data):
        job.call(data)
        return []
    return _fill_items(job, data)[1]


def _fill_items(job: Job, data: Any) -> tuple[list[Any], list[Problem]]:
    items, found = read(data)
    found = [p for p in found if p.severity == "error"] or too_deep(items)
    items = [] if found else items if isinstance(items, list) else [items]
    return [job.action(index, item) for index, item in enumerate(items)], found


def _raise_first(job: Job) -> None:
    """The first error that was found, raised."""
    for problem, text in zip(job.problems, job.texts, strict=True):
        if problem.severity == "error":
            place = "" if problem.action is None else f"[{problem.action}] "
            where = {"action": problem.action, "field": problem.field}
            raise TemplateError(place + problem.message, problem.cure, template=text, **where)


def _look_at(template: Any, variables: Any) -> None:
    if not isinstance(template, str) or not isinstance(variables, Mapping):
        raise TemplateError(
            "A template is a text, and its variables are a dict.",
            'For example: render("Hello {{name}}", {"name": "Ada"}).',
            template=template,
        )

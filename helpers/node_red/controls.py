"""The nodes that steer a running call, in words: the one call of the client that does the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .fields import Fields
from .findings import Findings
from .graph import Node

# The older palette stored the choice of mute and earmuff under another name.
_CHOICES = ("state", "status", "action")


def control_of(node: Node, findings: Findings) -> str:
    """What to write instead of this node, such as ``Use kit.vonage.mute(uuid).``"""
    return CONTROLS[node.type](Fields(node, findings))


def _chosen(fields: Fields) -> bool | None:
    value = next((str(fields.node.props[name]).lower() for name in _CHOICES if fields.node.props.get(name)), "")
    return {"on": True, "off": False}.get(value)


def _switch(on: str, off: str) -> Callable[[Fields], str]:
    def words(fields: Fields) -> str:
        fields.fault("control-nodes-break-the-flow")
        chosen = _chosen(fields)
        if chosen is None:
            fields.fault("unset-status-means-off", f"Nothing is chosen: write {on}, or {off}.")
            return f"Use {on}, or {off}."
        return f"Use {on if chosen else off}."

    return words


def _playaudio(fields: Fields) -> str:
    url, loop, level = fields.text("url"), fields.number("loop"), fields.number("level")
    start = f"kit.vonage.stream(uuid, {url!r}{_options(loop=loop, level=level)})"
    return _switch(start, "kit.vonage.stop_stream(uuid)")(fields)


def _playtts(fields: Fields) -> str:
    from ..ncco.models.voices import voice_of

    text, loop, level = fields.text("text"), fields.number("loop"), fields.number("level")
    language, style = voice_of(None, None, fields.text("voicename") or None)
    start = f"kit.vonage.talk(uuid, {text!r}{_options(language=language, style=style, loop=loop, level=level)})"
    return _switch(start, "kit.vonage.stop_talk(uuid)")(fields)


def _transfer(fields: Fields) -> str:
    kind = fields.plain("nccotype")
    if kind == "fixed":
        return "Use kit.vonage.transfer(uuid, ncco=…) with the NCCO of that name."
    if kind == "json":
        return f"Use kit.vonage.transfer(uuid, ncco={fields.ncco('ncco')!r})."
    url = fields.plain("ncco") or fields.plain("url")
    return f"Use kit.vonage.transfer(uuid, url={url!r})."


def _recording(fields: Fields) -> str:
    name = fields.text("filename")
    return f'Use kit.vonage.download_recording(event["recording_url"]{f", {name!r}" if name else ""}).'


def _application(fields: Fields) -> str:
    answer, event = fields.plain("answerURL"), fields.plain("eventURL")
    if event and not answer:
        fields.fault("event-url-needs-answer-url")
    hooks = [f"{name}: {url}" for name, url in (("answer_url", answer), ("event_url", event)) if url]
    return f"Use kit.vonage.replace_application as lesson 06 does, with {', '.join(hooks) or 'the addresses you want'}."


def _number(fields: Fields) -> str:
    fields.fault("wrong-number-updated")
    number, application = fields.text("number"), fields.plain("voiceAppid")
    return f'Use kit.vonage.update_number("GB", {number!r}, app_id={application!r}), with the country of your number.'


def _options(**options: Any) -> str:
    return "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)


CONTROLS: dict[str, Callable[[Fields], str]] = {
    "playaudio": _playaudio,
    "playtts": _playtts,
    "playdtmf": lambda fields: f"Use kit.vonage.dtmf(uuid, {fields.text('digits')!r}).",
    "mute": _switch("kit.vonage.mute(uuid)", "kit.vonage.unmute(uuid)"),
    "earmuff": _switch("kit.vonage.earmuff(uuid)", "kit.vonage.unearmuff(uuid)"),
    "hangup": lambda fields: "Use kit.vonage.hang_up(uuid).",
    "transfer": _transfer,
    "getrecording": _recording,
    "updatenexmoapp": _application,
    "updatenumber": _number,
}

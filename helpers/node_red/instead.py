"""What to do in the kit where a flow has a node that an import does not translate."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .fields import Fields
from .findings import Findings
from .graph import Node

ELSEWHERE = "Messages, Verify and Number Insight are other APIs; use the official SDK."
# Node type, in small letters, without the prefix of the palette, or its first word -> one sentence.
INSTEAD: dict[str, str] = {
    "function": "Write the same in Python, inside the route or before the call; JavaScript is not run.",
    "exec": "Nothing is run from a flow; use subprocess in a cell of your own.",
    "switch": "Write an if in the route; each branch became an NCCO of its own.",
    "change": "Set the variable in Python; only constants were taken over.",
    "template": "Use helpers.ncco.render(template, variables).",
    "delay": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "trigger": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "json": "Use json.loads or json.dumps; requests and Flask do it for you.",
    "http request": "Use requests.get or requests.post.",
    "http response": "No http in or voice webhook leads to it; write the route in Flask.",
    "return ncco": "No voice webhook leads to it; write the route in Flask.",
    "voice webhook": "No return ncco is wired to it, so a caller would wait in vain: write the route in Flask.",
    "http in": "No http response is wired to it, so whoever asks would wait: write the route in Flask.",
    "file": "Write the file with pathlib: Path(name).write_bytes(data).",
    "file in": "Read the file with pathlib; sounds belong into the folder audio.",
    "websocket": "A websocket server is not part of a flow's routes; see the connect action.",
    "catch": "An error raises an exception, which the notebook shows: use try and except.",
    "status": "Look at kit.panel() or at the call's record.",
    "complete": "The next line of a cell runs when the one before is done.",
    "link call": "Write a Python function and call it; the path goes on behind it.",
    "link out": "It hands the message back to a link call: write a Python function.",
    "debug": "Not needed: kit.server.requests.show() and kit.panel() show what arrives.",
    "ui": "The dashboard's part is taken by widgets: see kit.panel() and the builder.",
    "ngrok": "Use YOUR_URL = kit.tunnel.on(), and kit.tunnel.off().",
    "ngrokauth": "The token is a setting: NGROK_AUTHTOKEN in .env.",
    "voiceapp": "The application is a setting: lesson 05 makes one, and keeps its id and private key.",
    "basic": "Key and secret are settings: lesson 01 puts them into .env.",
    **dict.fromkeys(("sendsms", "sendverify", "checkverify", "cancelverify", "nextverify"), ELSEWHERE),
    **dict.fromkeys(("searchverify", "numberinsight"), ELSEWHERE),
}
ANYTHING_ELSE = "The kit has no part for it; write it in Python."


def instead_of(node: Node, findings: Findings) -> str:
    """One sentence: what to do in place of this node, such as ``Use kit.vonage.mute(uuid).``"""
    if node.type in CONTROLS:
        return f"Use {CONTROLS[node.type](Fields(node, findings))}."
    kind = node.type.removeprefix("nexmo")
    return INSTEAD.get(kind) or INSTEAD.get(re.split(r"[ _-]", kind)[0]) or ANYTHING_ELSE


# The nodes that steer a running call, as the one call of the client that does the same.


def _switch(fields: Fields, on: str, off: str) -> str:
    fields.fault("control-nodes-break-the-flow")
    # The older palette stored the choice of mute and earmuff under another name.
    choices = (fields.plain(name).lower() for name in ("state", "status", "action"))
    chosen = {"on": on, "off": off}.get(next(filter(None, choices), ""))
    if chosen is None:
        fields.fault("unset-status-means-off", f"Nothing is chosen: write {on}, or {off}.")
    return chosen or f"{on}, or {off}"


def _playaudio(fields: Fields) -> str:
    url, options = fields.text("url"), _options(loop=fields.number("loop"), level=fields.number("level"))
    return _switch(fields, f"kit.vonage.stream(uuid, {url!r}{options})", "kit.vonage.stop_stream(uuid)")


def _playtts(fields: Fields) -> str:
    from ..ncco.models.voices import voice_of

    text, loop, level = fields.text("text"), fields.number("loop"), fields.number("level")
    language, style = voice_of(None, None, fields.text("voicename") or None)
    options = _options(language=language, style=style, loop=loop, level=level)
    return _switch(fields, f"kit.vonage.talk(uuid, {text!r}{options})", "kit.vonage.stop_talk(uuid)")


def _transfer(fields: Fields) -> str:
    kind = fields.plain("nccotype")
    if kind == "fixed":
        return "kit.vonage.transfer(uuid, ncco=…) with the NCCO of that name"
    if kind == "json":
        return f"kit.vonage.transfer(uuid, ncco={fields.ncco('ncco')!r})"
    return f"kit.vonage.transfer(uuid, url={fields.plain('ncco') or fields.plain('url')!r})"


def _recording(fields: Fields) -> str:
    name = fields.text("filename")
    return f'kit.vonage.download_recording(event["recording_url"]{f", {name!r}" if name else ""})'


def _application(fields: Fields) -> str:
    answer, event = fields.plain("answerURL"), fields.plain("eventURL")
    if event and not answer:
        fields.fault("event-url-needs-answer-url")
    hooks = [f"{name}: {url}" for name, url in (("answer_url", answer), ("event_url", event)) if url]
    return f"kit.vonage.replace_application as lesson 06 does, with {', '.join(hooks) or 'the addresses you want'}"


def _number(fields: Fields) -> str:
    fields.fault("wrong-number-updated")
    number, application = fields.text("number"), fields.plain("voiceAppid")
    return f'kit.vonage.update_number("GB", {number!r}, app_id={application!r}), with the country of your number'


def _options(**options: Any) -> str:
    return "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)


CONTROLS: dict[str, Callable[[Fields], str]] = {
    "playaudio": _playaudio,
    "playtts": _playtts,
    "playdtmf": lambda fields: f"kit.vonage.dtmf(uuid, {fields.text('digits')!r})",
    "mute": lambda fields: _switch(fields, "kit.vonage.mute(uuid)", "kit.vonage.unmute(uuid)"),
    "earmuff": lambda fields: _switch(fields, "kit.vonage.earmuff(uuid)", "kit.vonage.unearmuff(uuid)"),
    "hangup": lambda fields: "kit.vonage.hang_up(uuid)",
    "transfer": _transfer,
    "getrecording": _recording,
    "updatenexmoapp": _application,
    "updatenumber": _number,
}

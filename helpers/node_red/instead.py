"""What to do in the kit where a flow has a node that an import does not translate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .fields import Fields
from .findings import Findings
from .graph import Node

# Node type, in small letters, without the prefix of the palette's later versions -> one sentence.
INSTEAD: dict[str, str] = {
    "function": "Write the same in Python, inside the route or before the call; JavaScript is not run.",
    "exec": "Nothing is run from a flow; use subprocess in a cell of your own.",
    "switch": "Write an if in the route; each branch became an NCCO of its own.",
    "change": "Set the variable in Python; only constants were taken over.",
    "range": "Work out the number in Python.",
    "template": "Use helpers.ncco.render(template, variables).",
    "delay": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "trigger": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "rbe": "Compare with the value before in Python.",
    "filter": "Compare with the value before in Python.",
    "split": "Write a for loop.",
    "join": "Collect the values in a list.",
    "sort": "Use sorted(…).",
    "batch": "Collect the values in a list.",
    "json": "Use json.loads or json.dumps; requests and Flask do it for you.",
    "csv": "Use the csv module.",
    "xml": "Use xml.etree.",
    "yaml": "Read the file with a YAML library.",
    "html": "Fetch the page with requests, and read it in Python.",
    "http request": "Use requests.get or requests.post.",
    "http response": "No http in or voice webhook leads to it; write the route in Flask.",
    "return ncco": "No voice webhook leads to it; write the route in Flask.",
    "voice webhook": "No return ncco is wired to it, so a caller would wait in vain: write the route in Flask.",
    "http in": "No http response is wired to it, so whoever asks would wait: write the route in Flask.",
    "file": "Write the file with pathlib: Path(name).write_bytes(data).",
    "file in": "Read the file with pathlib; sounds belong into the folder audio.",
    "watch": "Look at the folder in Python.",
    "tail": "Read the file in Python.",
    "websocket in": "A websocket server is not part of a flow's routes; see the connect action.",
    "websocket out": "A websocket server is not part of a flow's routes; see the connect action.",
    "tcp in": "Use the socket module.",
    "tcp out": "Use the socket module.",
    "udp in": "Use the socket module.",
    "udp out": "Use the socket module.",
    "catch": "An error raises an exception, which the notebook shows: use try and except.",
    "status": "Look at kit.panel() or at the call's record.",
    "complete": "The next line of a cell runs when the one before is done.",
    "link call": "Write a Python function and call it; the path goes on behind it.",
    "link out": "It hands the message back to a link call: write a Python function.",
    "debug": "Not needed: kit.server.requests.show() and kit.panel() show what arrives.",
    "inject": "Not needed: a cell is run by hand.",
    "ngrok": "Use YOUR_URL = kit.tunnel.on(), and kit.tunnel.off().",
    "ngrokauth": "The token is a setting: NGROK_AUTHTOKEN in .env.",
    "nexmovoiceapp": "The application is a setting: lesson 05 makes one, and keeps its id and private key.",
    "voiceapp": "The application is a setting: lesson 05 makes one, and keeps its id and private key.",
    "nexmobasic": "Key and secret are settings: lesson 01 puts them into .env.",
    "basic": "Key and secret are settings: lesson 01 puts them into .env.",
    "sendsms": "Messages are another API; use the official SDK.",
    "sendverify": "Verify is another API; use the official SDK.",
    "checkverify": "Verify is another API; use the official SDK.",
    "cancelverify": "Verify is another API; use the official SDK.",
    "nextverify": "Verify is another API; use the official SDK.",
    "searchverify": "Verify is another API; use the official SDK.",
    "numberinsight": "Number Insight is another API; use the official SDK.",
}  # fmt: skip

# The beginning of a type -> one sentence.
FAMILIES: dict[str, str] = {
    "ui_": "The dashboard's part is taken by widgets: see kit.panel() and the builder.",
    "ui-": "The dashboard's part is taken by widgets: see kit.panel() and the builder.",
    "mqtt": "Use an MQTT library in Python.",
    "e-mail": "Use smtplib or imaplib.",
    "twitter": "Use a library for it in Python.",
}
ANYTHING_ELSE = "The kit has no part for it; write it in Python."


def instead_of(type_: str) -> str:
    """One sentence: what to do in place of a node of this type (small letters)."""
    if type_ in INSTEAD:
        return INSTEAD[type_]
    return next((words for start, words in FAMILIES.items() if type_.startswith(start)), ANYTHING_ELSE)


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

"""What to do in the kit where a flow has a node that an import does not translate."""

from __future__ import annotations

import re

from .findings import Findings
from .graph import Node

ELSEWHERE = "Messages, Verify and Number Insight are other APIs; use the official SDK."
# Node type, in small letters, without the prefix of the palette, or its first word -> one sentence.
INSTEAD: dict[str, str] = {
    "function": "Write the same in Python, inside the route or before the call; JavaScript is not run.",
    "switch": "Write an if in the route; each branch became an NCCO of its own.",
    "change": "Set the variable in Python; only constants were taken over.",
    "template": "Use helpers.ncco.render(template, variables).",
    "delay": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "trigger": "Use a wait action in the NCCO, or kit.wait(seconds) between two cells.",
    "http request": "Use requests.get or requests.post.",
    "http response": "No http in or voice webhook leads to it; write the route in Flask.",
    "return ncco": "No voice webhook leads to it; write the route in Flask.",
    "voice webhook": "No return ncco is wired to it, so a caller would wait in vain: write the route in Flask.",
    "http in": "No http response is wired to it, so whoever asks would wait: write the route in Flask.",
    "file in": "Read the file with pathlib; sounds belong into the folder audio.",
    "websocket": "A websocket server is not part of a flow's routes; see the connect action.",
    "link call": "Write a Python function and call it; the path goes on behind it.",
    "link return": "It hands the message back to a link call: write a Python function.",
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


# The nodes that steer a running call, or change the account -> the calls of the client that do the same, and the
# palette's fault that each of them has not.
CONTROLS: dict[str, tuple[str, str]] = {
    "playaudio": ("stream(uuid, url), or kit.vonage.stop_stream(uuid)", "control-nodes-break-the-flow"),
    "playtts": ("talk(uuid, text), or kit.vonage.stop_talk(uuid)", "control-nodes-break-the-flow"),
    "playdtmf": ("dtmf(uuid, digits)", ""),
    "mute": ("mute(uuid), or kit.vonage.unmute(uuid)", "control-nodes-break-the-flow"),
    "earmuff": ("earmuff(uuid), or kit.vonage.unearmuff(uuid)", "control-nodes-break-the-flow"),
    "hangup": ("hang_up(uuid)", ""),
    "transfer": ("transfer(uuid, url=…), or ncco=…", ""),
    "getrecording": ('download_recording(event["recording_url"])', ""),
    "updatenexmoapp": ("replace_application, as lesson 06 does", "event-url-needs-answer-url"),
    "updatenumber": ("update_number(country, number, app_id=…)", "wrong-number-updated"),
}


def instead_of(node: Node, findings: Findings) -> str:
    """One sentence: what to do in place of this node, such as ``Use kit.vonage.hang_up(uuid).``"""
    if node.type in CONTROLS:
        calls, fault = CONTROLS[node.type]
        if fault:
            findings.fault(node.label, fault)
        if ", or kit" in calls and not any(node.props.get(name) for name in ("state", "status", "action")):
            findings.fault(node.label, "unset-status-means-off")
        return f"Use kit.vonage.{calls}."
    kind = node.type.removeprefix("nexmo")
    return INSTEAD.get(kind) or INSTEAD.get(re.split(r"[ _-]", kind)[0]) or ANYTHING_ELSE

"""What to do in the kit where a flow has a node that an import does not translate."""

from __future__ import annotations

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
    "subflow": "Unfold it: copy the nodes inside to where it stands, wire them, and export again.",
    "e-mail": "Use smtplib or imaplib.",
    "twitter": "Use a library for it in Python.",
}
ANYTHING_ELSE = "The kit has no part for it; write it in Python."


def instead_of(type_: str) -> str:
    """One sentence: what to do in place of a node of this type (small letters)."""
    if type_ in INSTEAD:
        return INSTEAD[type_]
    return next((words for start, words in FAMILIES.items() if type_.startswith(start)), ANYTHING_ELSE)

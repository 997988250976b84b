"""What an import has to say: notes about what it changed, and the parts it did not translate.

:data:`FAULTS` are those of the Node-RED palette that an import can meet. Source: node-red-contrib-nexmo, read at 3.3.1
(GitHub) and run at 3.1.1 (npm) under Node-RED 4.1.
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.text import one_line

#: Name of a fault, as it stands in every :class:`Note` about it -> what goes wrong, and what an import makes of it.
FAULTS: dict[str, str] = {
    "html-escaped-mustache":
        "A value filled into a field is escaped for HTML: https:&#x2F;&#x2F;… "
        "Here: Templates are kept, and escaped for the place they stand in when they are filled in.",
    "value-breaks-json":
        "A quote in a value breaks JSON, and an & in a value breaks SSML. "
        "Here: JSON is read first, and each text in it is filled in by itself.",
    "error-leaves-caller-waiting":
        "A node that throws leaves the webhook without any answer. "
        "Here: An imported route always answers: if it fails, with 500 at once, and the notebook shows the traceback.",
    "empty-websocket-headers": "A websocket without headers throws an error. Here: Empty headers are left out.",
    "missing-field-of-older-flow":
        "A flow saved by an older palette lacks fields, and the node throws. "
        "Here: A field that is not there counts as empty.",
    "connect-event-type-lost":
        'The tick at Synchronous never reaches Vonage. Here: It becomes "eventType": "synchronous".',
    "record-channel-misnamed": "record sends channel, and the option is called channels. Here: It becomes channels.",
    "empty-music-on-hold":
        'conversation always sends "musicOnHoldUrl": [""] if the field is empty. Here: An empty address is left out.',
    "empty-address-in-list":
        'stream and notify send [""] if the address is empty. '
        "Here: An empty address is left out, and the check says that it is missing.",
    "unchecked-values":
        "Numbers go out as text, and nothing is checked: ranges, keys, relative addresses. "
        "Here: Numbers become numbers, and every action is checked.",
    "control-nodes-break-the-flow":
        "playaudio, playtts, mute and earmuff lose the message or end Node-RED. "
        "Here: Each becomes one call of the client, which returns what the API said.",
    "recording-url-in-another-place":
        "getrecording reads msg.payload, but a voice webhook fills msg.call. "
        "Here: The client takes the recording_url of the event itself.",
    "empty-answer":
        "return ncco without an NCCO answers 200 with nothing in it. "
        "Here: Such a route answers 500 and says what is missing.",
    "jsonp-answer":
        "return ncco turns the NCCO into a script if the address has ?callback=… Here: The route answers plain JSON.",
    "webhook-method-mismatch":
        "GET stands first in the palette's lists, and Vonage sends events by POST. "
        "Here: The method of a webhook is made to fit the route of the flow that it leads to.",
    "no-endpoint-chosen": 'If no endpoint is picked, the request has "to": [null]. Here: It becomes a phone.',
    "unset-status-means-off":
        "An action or status that was never chosen switches off. Here: Both calls are named: choose one.",
    "event-url-needs-answer-url":
        "Update Application looks at Event URL only if Answer URL is filled. Here: Each is set by itself.",
    "wrong-number-updated":
        "Update Number changes the first number that starts alike, or ends Node-RED. Here: It is named exactly.",
    "secrets-in-the-clear":
        "Secret and private key are printed, and sent to the browser as plain text. "
        "Here: Credentials in an export are neither read nor shown.",
    "editor-on-the-internet":
        "The tunnel opens the whole editor to the internet. "
        "Here: kit.tunnel.on() opens one server, which has the listed routes and sounds only.",
    "audio-without-range":
        "A sound is sent whole each time, without Range and Cache-Control. "
        "Here: send_audio answers HEAD and Range, and says how long the file may be kept.",
    "flat-input":
        "input sends timeOut, maxDigits and submitOnHash as before 2020, and no type. Here: They stand in dtmf.",
}  # fmt: skip


class Note(NamedTuple):
    """One remark about a node. ``fault``: the name of the palette's fault that was avoided there, or ``""``."""

    node: str
    fault: str
    text: str


class NotTranslated(NamedTuple):
    """A node that became no NCCO, route or call. ``instead``: what to do in the kit."""

    type: str
    name: str
    instead: str


class Findings:
    """Collects notes and untranslated parts; each is kept once, in order of appearance."""

    def __init__(self) -> None:
        self.notes: dict[Note, None] = {}
        self.parts: dict[tuple[str, NotTranslated], None] = {}

    def fault(self, node: str, name: str, text: str = "") -> None:
        """A fault of the palette was avoided at this node; without ``text`` the fault's own words are used."""
        self.notes[Note(node, name, text or FAULTS[name])] = None

    def remark(self, node: str, text: str) -> None:
        """Something to know that is not a fault of the palette."""
        self.notes[Note(node, "", text)] = None

    def skip(self, type_: str, name: str, instead: str, *, key: str = "") -> None:
        """This part was not translated. ``key``: the node's id, so that two of the same name are two."""
        self.parts[key, NotTranslated(one_line(type_, 60), one_line(name, 60), instead)] = None

"""The faults of the Node-RED palette, and what becomes of each when a flow is imported.

Source: node-red-contrib-nexmo, read at 3.3.1 (GitHub) and run at 3.1.1 (npm) under Node-RED 4.1. A name such as
``record-channel-misnamed`` stands in every :class:`~helpers.node_red.findings.Note` about that fault.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Here = Literal["import", "elsewhere", "no matter", "open"]


class Fault(NamedTuple):
    """``what`` goes wrong in the palette; ``here``: where the kit avoids it; ``how`` it does, or why it need not.

    ``"import"``: while a flow is read, with a note. ``"elsewhere"``: in another part of the kit. ``"no matter"``: it
    cannot happen in Python. ``"open"``: the kit has the gap too.
    """

    name: str
    what: str
    here: Here
    how: str


FAULTS: tuple[Fault, ...] = (
    Fault("html-escaped-mustache", "A value filled into a field is escaped for HTML: https:&#x2F;&#x2F;…", "import",
          "Templates are kept, and escaped for the place they stand in when they are filled in."),
    Fault("escape-off-everywhere", "One node switches the escape off for the whole process.", "elsewhere",
          "helpers/ncco/templates/templates.py: each rendering has an escape of its own."),
    Fault("value-breaks-json", "A quote in a value breaks JSON, and an & in a value breaks SSML.", "import",
          "JSON is read first, and each text in it is filled in by itself."),
    Fault("error-leaves-caller-waiting", "A node that throws leaves the webhook without any answer.", "import",
          "An imported route always answers: if it fails, with 500 at once, and the notebook shows the traceback."),
    Fault("empty-websocket-headers", "A websocket without headers throws an error.", "import",
          "Empty headers are left out."),
    Fault("missing-field-of-older-flow", "A flow saved by an older palette lacks fields, and the node throws.",
          "import", "A field that is not there counts as empty."),
    Fault("connect-event-type-lost", "The tick at Synchronous never reaches Vonage.", "import",
          'It becomes "eventType": "synchronous".'),
    Fault("record-channel-misnamed", "record sends channel, and the option is called channels.", "import",
          "It becomes channels."),
    Fault("empty-music-on-hold", 'conversation always sends "musicOnHoldUrl": [""] if the field is empty.', "import",
          "An empty address is left out."),
    Fault("empty-address-in-list", 'stream and notify send [""] if the address is empty.', "import",
          "An empty address is left out, and the check says that it is missing."),
    Fault("unchecked-values", "Numbers go out as text, and nothing is checked: ranges, keys, relative addresses.",
          "import", "Numbers become numbers, and every action is checked."),
    Fault("control-nodes-break-the-flow", "playaudio, playtts, mute and earmuff lose the message or end Node-RED.",
          "import", "Each becomes one call of the client, which returns what the API said."),
    Fault("silent-api-errors", "What the API refuses is only printed on Node-RED's console.", "elsewhere",
          "helpers/vonage/client.py: it raises an error with cause and cure."),
    Fault("recording-url-in-another-place", "getrecording reads msg.payload, but a voice webhook fills msg.call.",
          "import", "The client takes the recording_url of the event itself."),
    Fault("empty-answer", "return ncco without an NCCO answers 200 with nothing in it.", "import",
          "Such a route answers 500 and says what is missing."),
    Fault("jsonp-answer", "return ncco turns the NCCO into a script if the address has ?callback=…", "import",
          "The route answers plain JSON."),
    Fault("webhook-method-mismatch", "GET stands first in the palette's lists, and Vonage sends events by POST.",
          "import", "The method of a webhook is made to fit the route of the flow that it leads to."),
    Fault("no-endpoint-chosen", 'If no endpoint is picked, the request has "to": [null].', "import",
          "It becomes a phone."),
    Fault("unset-status-means-off", "An action or status that was never chosen switches off.", "import",
          "The note names both calls: choose one."),
    Fault("event-url-needs-answer-url", "Update Application looks at Event URL only if Answer URL is filled.", "import",
          "Each address is set by itself."),
    Fault("wrong-number-updated", "Update Number changes the first number that starts alike, or ends Node-RED.",
          "import", "The call names the one number exactly, with its country."),
    Fault("first-page-of-numbers", "The list of numbers has one page only, and waits for ever after an error.",
          "elsewhere", "helpers/vonage/client.py: list_numbers takes index and size, and raises an error."),
    Fault("new-application-error-ignored", "An error of Create New Application is ignored.", "elsewhere",
          "helpers/vonage/client.py: create_application raises it."),
    Fault("existing-application-unusable", "Application id and private key cannot be typed in.", "elsewhere",
          "helpers/settings/settings.py: both are settings; the key may be a file or its text."),
    Fault("secrets-in-the-clear", "Secret and private key are printed, and sent to the browser as plain text.",
          "import", "Credentials in an export are neither read nor shown."),
    Fault("no-signature-check", "The signature of a webhook is not checked.", "open",
          "The simulator signs its webhooks as Vonage does; the routes of the kit do not check them yet."),
    Fault("editor-on-the-internet", "The tunnel opens the whole editor to the internet.", "import",
          "kit.tunnel.on() opens one server, which has the listed routes and sounds only."),
    Fault("global-variables", "A message stays reachable after it was handled.", "no matter",
          "A Python function keeps nothing of a request."),
    Fault("whole-context-copied", "Each rendering copies the whole flow and global context.", "elsewhere",
          "helpers/ncco/templates/templates.py: only what a template names is looked up."),
    Fault("values-kept-on-the-node", "Rendered values are kept on the node, where the next message finds them.",
          "elsewhere", "helpers/ncco/templates/templates.py: they are returned, and kept nowhere."),
    Fault("dialogs-with-wrong-labels", "Two dialogs share ids, so labels belong to the wrong field.", "elsewhere",
          "helpers/widgets: each control has its own label."),
    Fault("copied-help-texts", "Help texts are copied from one node to the next.", "elsewhere",
          "helpers/ncco/models/actions.py: help is said once, beside the option."),
    Fault("console-output-left-in", "Some nodes print their settings on the console.", "no matter",
          "Nothing is printed by an import."),
    Fault("package-without-tests", "The package has no test, and uses a client that is retired.", "no matter",
          "Nothing of the package is used."),
    Fault("nodes-in-another-group", "Two nodes stand in another group than the tutorial says.", "no matter",
          "There is no palette."),
    Fault("audio-without-range", "A sound is sent whole each time, without Range and Cache-Control.", "import",
          "send_audio answers HEAD and Range, and says how long the file may be kept."),
    Fault("debug-keeps-100", "The debug side bar keeps 100 messages.", "elsewhere",
          "helpers/wire/exchanges.py: kit.server.requests keeps 5000 requests."),
)  # fmt: skip

#: Names for what is no fault of the palette, but has changed since: also used in notes.
OLD_FORMS: dict[str, str] = {
    "flat-input": "input sends timeOut, maxDigits and submitOnHash in the form of before 2020, and no type.",
}

BY_NAME: dict[str, Fault] = {fault.name: fault for fault in FAULTS}

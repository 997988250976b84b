"""Every rule that an NCCO is checked by: its name, how serious it is, and one sentence that says why it matters.

A :class:`~helpers.ncco.Problem` names one of them, and nothing that is not listed here can be reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "advice"]


@dataclass(frozen=True)
class Rule:
    """``severity`` is ``"error"`` (Vonage would refuse or ignore it) or ``"advice"``; ``why`` is one sentence."""

    name: str
    severity: Severity
    why: str


_ERRORS = {
    # The text, and the list as a whole.
    "not-utf8": "JSON is read as UTF-8, so a text in another encoding is not an NCCO.",
    "not-json": "Vonage reads the NCCO as JSON; what is not JSON ends the call about a second after the answer.",
    "too-large": "An NCCO is a page of text at most; what is far larger is something else, and would block the editor.",
    "too-deep": "An NCCO has five levels; what is nested far deeper is something else, and few programs can read it.",
    "no-json-value": "JSON has texts, numbers, true, false, null, lists and objects, and nothing else can be sent.",
    "half-character": "Half of a character cannot be written as UTF-8, so it cannot be sent.",
    "not-a-list": "Vonage takes a list of actions only and refuses everything else as a syntax error.",
    "empty-ncco": "Without an action there is nothing to do, so the call ends at once.",
    "too-many-problems": "Only the first hundred wrong actions are looked at.",
    # One action.
    "not-an-action": "Vonage refuses a list that holds anything but actions.",
    "missing-action": "Without the name of the action Vonage cannot tell what to do, and refuses the NCCO.",
    "unknown-action": "Vonage refuses the whole NCCO because of one action it does not know.",
    # Options of any action.
    "misspelt-option": "Names are compared letter by letter, so an option in another spelling has no effect.",
    "missing-option": "Vonage refuses an action without the options that it requires.",
    "list-expected": "Vonage wants a list here, even for a single value, and refuses anything else.",
    "needless-list": "Vonage wants a single value here and refuses a list.",
    "one-entry-only": "Vonage takes a list with exactly one entry here.",
    "empty-address": "An empty address leads nowhere, so nothing is fetched and nothing arrives.",
    "wrong-type": "Vonage refuses a value of the wrong type as a syntax error.",
    "wrong-choice": "Vonage knows only the listed values, in exactly this spelling.",
    "out-of-range": "Vonage refuses a value outside the range of the option.",
    "control-character": "No voice speaks a control character, and many systems refuse a text that holds one.",
    "wrong-text": "Vonage refuses a text that does not have the form the option wants.",
    "option-too-long": "Vonage refuses a text that is longer than the option allows.",
    "text-too-long": "Vonage refuses a talk of more than 1500 characters; tags count, unless it begins with <speak.",
    # Addresses and numbers.
    "placeholder-left": "Vonage does not fill in templates: it would take the placeholder as it stands.",
    "relative-address": "Vonage is not a browser on your site: it needs the whole address, with https:// and the host.",
    "malformed-address": "Vonage cannot fetch an address that is not well-formed.",
    "private-address": "Vonage is on the internet and cannot reach a machine at home, or names that only it knows.",
    "phone-number": "Vonage wants digits only, country code first, and does not reach a number in another form.",
    "wrong-scheme": "The beginning of the address says how to reach it, and Vonage needs the right one.",
    # Templates.
    "unknown-variable": "Nothing is filled in for a variable that is not there.",
    "malformed-template": "A template that is not well-formed cannot be filled in.",
    # Endpoints.
    "endpoint-type": "The type says how to call the endpoint, and without a known one nobody is called.",
    "two-endpoints": "A connect calls one endpoint; Vonage refuses a list of several.",
    "two-callers": "Vonage shows either the number in from or one that it picks, so it refuses both together.",
    "sip-two-ways": "A SIP endpoint is given by uri, or by user and domain, and Vonage refuses both together.",
    "sip-nowhere": "Without uri, or user and domain, there is no SIP address to call.",
    "headers-too-large": "Vonage passes on 512 bytes of headers to a WebSocket, and refuses more.",
    # Options together.
    "input-settings-place": "Vonage looks for the settings of keys inside dtmf and of speech inside speech only.",
    "asynchronous-speech": "In asynchronous mode Vonage sends each key as it is pressed, and cannot send speech so.",
    "asynchronous-settings": "In asynchronous mode each key is sent at once, so Vonage takes no dtmf settings.",
    "channels-need-split": "Without split all voices go into one channel, and Vonage refuses channels.",
    "mute-and-can-speak": "Both say who hears this person, so Vonage refuses the two together.",
    "transcription-needs-record": "Only what is recorded can be written down.",
    "provider-needs-options": "A provider's voice needs the provider's options, even if there are none to set.",
    # Between the actions.
    "barge-in-needs-input": "The key that stops the sound must be taken by an input, and Vonage insists on one.",
}  # fmt: skip

# What old clients send, and a call takes: its record repeats these.
_TAKEN = {
    "unknown-option": "It is not documented whether Vonage ignores an option it does not know or refuses the NCCO.",
    "number-as-text": "Vonage has taken numbers as text from old clients, but the reference says number.",
    "flag-as-text": "Vonage's own samples write true and false as text, but the reference says boolean.",
    "method-in-small-letters": "Old clients write the method so, but the reference has GET and POST.",
    "null-option": "Samples of Vonage's send null for what is not set, but the reference knows no null.",
    "list-or-address": "Some SDKs write the address alone, some in a list; the reference has one of the two.",
    "empty-sound": "Some clients send an empty address for no sound; the reference leaves the option out.",
    "caller-name": "The reference wants a number, but only a telephone insists on one.",
}  # fmt: skip

_ADVICE = {
    "duplicate-name": "JSON keeps only one of two values under the same name, and the other is lost.",
    "too-fine": "Vonage hears steps of 0.1 only.",
    "deprecated-option": "It still works, but nothing says for how long.",
    "two-spellings": "Some SDKs write the option so; the NCCO reference does not.",
    "wait-clamped": "Vonage moves a wait that is out of range to the nearest value in it.",
    "http-audio": "An http address is fetched without encryption, and some networks block it.",
    "not-encrypted": "What is said goes over a ws address without encryption.",
    "missing-caller": "A real phone network may refuse a call that comes from nobody.",
    "method-without-url": "The method says how eventUrl is asked; without eventUrl it has nothing to say.",
    "synchronous-without-url": "Only the reply of eventUrl can be a new NCCO.",
    "settings-without-type": "Vonage listens only for what type lists, so the settings do nothing.",
    "ssml-without-speak": "Outside <speak> tags are not tags: the caller hears them read aloud.",
    "ssml-not-well-formed": "SSML that is not well-formed is not understood: the caller may hear the tags, or nothing.",
    "ssml-unknown-tag": "Vonage obeys a few SSML tags only.",
    "ssml-style": "This voice does not know SSML: the caller may hear the tags read aloud.",
    "raw-in-ssml": "What stands in three braces goes in as it is, and a single & or < in it breaks the SSML.",
    "raw-in-address": "What stands in three braces goes in as it is, and a space, & or ? in it breaks the address.",
    "conversation-id": "Every id of a conversation starts so; names and ids of legs are something else.",
    "unknown-language": "A language that Vonage does not have is not spoken.",
    "unknown-style": "A language has a fixed number of voices, counted from 0.",
    "retired-voice": "A retired voice name still works, but gets no new voices.",
    "barge-in-stays-on": "Once switched on, bargeIn stays on until an input is reached, whatever the actions say.",
    "barge-in-mixed": "The reference wants the input right after a run of streams, or of talks; a mix is not told of.",
    "unreachable": "Actions run one after the other, so nothing runs after one that never ends or leaves the call.",
    "background-at-end": "It runs beside the actions after it, and when none is left the call ends.",
    "record-after-connect": "The recording starts only when the other person has hung up, so the talk is not on it.",
    "silent-start": "The caller hears nothing and may hang up.",
    "nothing-keeps-the-call": "All of this is done at once, and when every action is complete the call ends.",
}  # fmt: skip

#: Rules about what is not as the reference wants it, and works all the same.
TAKEN = frozenset(_TAKEN)
#: Every rule by its name, errors first.
RULES: dict[str, Rule] = {
    **{name: Rule(name, "error", why) for name, why in _ERRORS.items()},
    **{name: Rule(name, "advice", why) for name, why in (_TAKEN | _ADVICE).items()},
}

"""Named examples to start from: all nine actions, and connect to each kind of endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..data import copy_of

Json = dict[str, Any]

AUDIO = "https://example.com/audio"  # Play puts the kit's own sounds of the same names in their place
EVENT = "https://example.com/event"
HOME = "447700900000"  # as every number here one that is reserved for fiction
OTHER = "447700900001"


@dataclass(frozen=True)
class Example:
    """An NCCO with a name. ``about`` says what the caller gets, in one sentence.

    ``replies`` are the NCCOs that follow a key or a word, as in :func:`helpers.rehearsal.play`. ``needs`` says what a
    real call needs besides the addresses, or is empty.
    """

    name: str
    title: str
    about: str
    _ncco: list[Json]
    _script: list[Json] = field(default_factory=list)
    needs: str = ""
    _replies: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def replies(self) -> dict[str, list[Json]]:
        """What the server answers a key or a word with; empty if it is not asked."""
        return copy_of(self._replies)  # type: ignore[no-any-return]

    @property
    def ncco(self) -> list[Json]:
        """The actions: a copy, to be changed at will."""
        return copy_of(self._ncco)  # type: ignore[no-any-return]

    @property
    def script(self) -> list[Json]:
        """What the person on the phone does, as in :meth:`helpers.phone.Phone.script`; empty for just listening."""
        return copy_of(self._script)  # type: ignore[no-any-return]


def _talk(text: str, **options: Any) -> Json:
    return {"action": "talk", "text": text, "language": "en-GB", **options}


def _stream(name: str, **options: Any) -> Json:
    return {"action": "stream", "streamUrl": [f"{AUDIO}/{name}.mp3"], **options}


def _keys(**options: Any) -> Json:
    return {"action": "input", "type": ["dtmf"], "dtmf": options, "eventUrl": [EVENT]}


def _connect(endpoint: Json, **options: Any) -> Json:
    return {"action": "connect", "from": HOME, **options, "endpoint": [endpoint]}


def _waits(seconds: float) -> Json:
    return {"do": "wait", "seconds": seconds}


def _hears(text: str) -> Json:
    return {"do": "wait_for", "text": text}


def _presses(digits: str) -> Json:
    return {"do": "press", "digits": digits}


def _says(text: str) -> Json:
    return {"do": "say", "text": text, "language": "en-GB"}


HANGS_UP = {"do": "hang_up"}
MAILBOX = {
    "action": "record",
    "format": "mp3",
    "beepStart": True,
    "endOnKey": "#",
    "endOnSilence": 5,
    "timeOut": 60,
    "eventUrl": [EVENT],
}

_ALL = [
    Example(
        "play-a-file",
        "Play a file",
        "The caller hears a sound file, and the call ends with it.",
        [_stream("music")],
    ),
    Example(
        "menu-with-voicemail",
        "A menu with voicemail",
        "The caller chooses by a key or by a word, and hears the opening hours or leaves a message.",
        [
            _talk("For opening hours, press one. To leave a message, press two, or say message.", bargeIn=True),
            {
                "action": "input",
                "type": ["dtmf", "speech"],
                "dtmf": {"maxDigits": 1, "timeOut": 5},
                "speech": {"language": "en-GB", "context": ["hours", "message"], "startTimeout": 5},
                "eventUrl": [EVENT],
            },
            _talk("I have not understood you. Goodbye."),
        ],
        [
            _hears("press two"),
            _presses("2"),
            _hears("hash key"),
            _waits(2),
            _says("This is Ada. My boat is late."),
            _presses("#"),
        ],
        "a server that answers the key or the word with the next NCCO: the Flask tab has it",
        {
            "1, hours": [_talk("We are open from nine to five, from Monday to Friday. Goodbye.")],
            "2, message": [
                _talk("Please speak after the beep, then press the hash key."),
                MAILBOX,
                _talk("Thank you."),
            ],
        },
    ),
    Example(
        "voicemail",
        "Voicemail",
        "The caller leaves a message after the beep, and ends it with the hash key or by saying no more.",
        [
            _talk("Nobody is here. Please speak after the beep, then press the hash key."),
            MAILBOX,
            _talk("Thank you. Goodbye."),
        ],
        [_hears("hash key"), _waits(2), _says("Please call me back tomorrow."), _presses("#")],
    ),
    Example(
        "speech-question",
        "Ask, and understand the answer",
        "The caller answers in words, and what was understood goes to your server.",
        [
            _talk("What would you like to hear: jazz, or rock?"),
            {
                "action": "input",
                "type": ["speech"],
                "speech": {"language": "en-GB", "context": ["jazz", "rock"], "endOnSilence": 1.5, "startTimeout": 8},
                "eventUrl": [EVENT],
            },
            _stream("music"),
        ],
        [_hears("rock"), _waits(1), _says("Jazz, please.")],
    ),
    Example(
        "keys-while-it-plays",
        "Take keys while music plays",
        "Music plays on while every key goes to your server at once.",
        [
            _talk("Press keys while you listen, as many as you like."),
            {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": [EVENT]},
            _stream("music"),
        ],
        [_hears("as many as you like"), _waits(2), _presses("1"), _waits(2), _presses("2")],
    ),
    Example(
        "conference-with-hold-music",
        "A conference with music before it",
        "Guests hear music until the host comes in; the conference ends when the host leaves.",
        [
            _talk("Welcome. The meeting begins when the host is there."),
            {
                "action": "conversation",
                "name": "weekly-meeting",
                "startOnEnter": False,
                "musicOnHoldUrl": [f"{AUDIO}/hold.mp3"],
            },
        ],
        [_waits(15), HANGS_UP],
        "another call whose conversation of the same name has startOnEnter: the host",
    ),
    Example(
        "forward-to-a-phone",
        "Forward to a phone",
        "The caller is put through to a phone, and told if nobody answers within twenty seconds.",
        [
            _talk("One moment, please. I put you through."),
            _connect({"type": "phone", "number": OTHER}, timeout=20),
            _talk("That call is over, or nobody answered. Goodbye."),
        ],
        needs="a number of yours as from, and a second phone",
    ),
    Example(
        "whisper-and-ringing",
        "A word to the person who answers",
        "While it rings the caller hears a sound, and whoever answers is first told who is calling.",
        [
            _talk("I try to reach a colleague."),
            _connect(
                {"type": "phone", "number": OTHER, "onAnswer": {"url": "https://example.com/whisper"}},
                ringbackTone=f"{AUDIO}/hold.mp3",
                timeout=30,
            ),
        ],
        needs="an address that answers with the NCCO for the person called, a number of yours as from, a second phone",
    ),
    Example(
        "record-a-conversation",
        "Record two people, each on a channel",
        "The caller is told of the recording and put through, and each side is recorded on a channel of its own.",
        [
            _talk("This call is recorded."),
            {"action": "record", "format": "wav", "split": "conversation", "channels": 2, "eventUrl": [EVENT]},
            _connect({"type": "phone", "number": OTHER}, timeout=20, limit=600),
        ],
        needs="a number of yours as from, and a second phone",
    ),
    Example(
        "websocket-bot",
        "Talk to a program",
        "A program of yours gets the caller's sound through a WebSocket, and answers with sound.",
        [
            _talk("You are now talking to a program."),
            _connect(
                {
                    "type": "websocket",
                    "uri": "wss://example.com/socket",
                    "content-type": "audio/l16;rate=16000",
                    "headers": {"caller": OTHER},
                }
            ),
        ],
        needs="a WebSocket server",
    ),
    Example(
        "app-user",
        "Call a user of an app",
        "The caller is put through to somebody who is logged in to your app.",
        [_talk("I call Jamie in the app."), _connect({"type": "app", "user": "jamie"}, timeout=30)],
        needs="an app with the Client SDK, and a user of that name",
    ),
    Example(
        "office-telephones",
        "Put through to an office's telephones",
        "The caller is put through to a SIP telephone system, which learns where the call comes from.",
        [
            _talk("I put you through to reception."),
            _connect({"type": "sip", "uri": "sip:reception@sip.example.com", "headers": {"location": "London"}}),
        ],
        needs="a SIP telephone system",
    ),
    Example(
        "business-extension",
        "Call an extension",
        "The caller is put through to an extension of Vonage Business Communications.",
        [_talk("I put you through to extension 1234."), _connect({"type": "vbc", "extension": "1234"})],
        needs="a Vonage Business Communications account",
    ),
    Example(
        "notify-in-the-middle",
        "Tell your server how far the call is",
        "Your server is told when the first sound is over, and may answer with another NCCO.",
        [
            _stream("jingle"),
            {"action": "notify", "payload": {"step": "jingle over"}, "eventUrl": [EVENT], "eventMethod": "POST"},
            _talk("Your server knows that you have heard the jingle."),
        ],
    ),
    Example(
        "pause-between",
        "A pause between two sentences",
        "Two sentences with two and a half seconds of silence between them.",
        [_talk("Think of a number."), {"action": "wait", "timeout": 2.5}, _talk("Now forget it.")],
    ),
    Example(
        "slow-and-spelt",
        "Shape the voice with SSML",
        "A code is spelt out, a pause is made, and the last words are slow.",
        [
            _talk(
                "<speak>Your code is <say-as interpret-as='characters'>A7C</say-as>. <break time='1s'/>"
                "<prosody rate='slow'>Please keep it secret.</prosody></speak>",
                style=1,
            )
        ],
    ),
    Example(
        "transfer-to-a-conversation",
        "Move the call into a conversation",
        "The caller is moved into a conversation that is running already.",
        [
            _talk("I bring you into the meeting."),
            {"action": "transfer", "conversationId": "CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"},
        ],
        needs="the id of a conversation that exists",
    ),
]

#: All examples by their name, from the simplest on.
EXAMPLES: dict[str, Example] = {one.name: one for one in _ALL}

"""The actions that join people or keep what they say: record, conversation, connect, transfer.

Source: NCCO reference; where it is silent, the official SDKs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from ...base.numbers import E164
from ..problems.fixes import drop, put, rename
from ..problems.problems import Problem, advice, error, shown
from .endpoints import OneEndpoint, check_endpoint
from .fields import CALLER, Flag, Key, Language, Method, OneUrl, Says, Seconds, Url, Uuids, WholeSeconds, phone_number
from .model import Action, Options, Part
from .tidying import Tidied

LEG = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"


class Transcription(Part):
    """What is written down of a recording; ``{}`` switches it on as it is."""

    language: Language = Field("en-US", description="The language that is spoken.", examples=["en-GB"])
    eventUrl: OneUrl | None = Field(
        None,
        description="Where the transcript is announced, a list with one address.",
        examples=[["https://example.com/transcript"]],
    )
    eventMethod: Method = Field("POST", description="How it is announced.", examples=["POST"])
    sentimentAnalysis: Flag = Field(False, description="Whether to rate the mood of each sentence.", examples=[True])


class Record(Action):
    """Record the call."""

    summary: ClassVar[str] = "Record the call, in the background or as voicemail."
    synchronous: ClassVar[bool] = False
    action: Literal["record"] = "record"
    format: Literal["mp3", "wav", "ogg"] | None = Field(
        None, description="The file format; mp3 if left out, or wav for more than two channels.", examples=["wav"]
    )
    split: Literal["conversation"] | None = Field(
        None, description='"conversation" puts each side into a channel of its own.', examples=["conversation"]
    )
    channels: Annotated[int, Field(ge=1, le=32), Says(unit="channels")] | None = Field(
        None, description="How many channels, 1 to 32; needs split.", examples=[2]
    )
    endOnSilence: Annotated[Seconds, Field(ge=3, le=10)] | None = Field(
        None,
        description="Seconds of silence that end the recording, 3 to 10; the next action then waits.",
        examples=[3],
    )
    endOnKey: Key | None = Field(
        None, description="The key that ends the recording; the next action then waits.", examples=["#"]
    )
    timeOut: Annotated[WholeSeconds, Field(ge=3, le=7200)] | None = Field(
        None, description="Seconds of recording at most, 3 to 7200; the next action then waits.", examples=[60]
    )
    beepStart: Flag = Field(False, description="Whether a beep tells that the recording starts.", examples=[True])
    eventUrl: OneUrl | None = Field(
        None,
        description="Where the finished recording is announced; the call's event URL if left out.",
        examples=[["https://example.com/recording"]],
    )
    eventMethod: Method = Field("POST", description="How it is announced.", examples=["POST"])
    transcription: Transcription | None = Field(
        None, description="Write down what is said (beta, charged for); {} is enough.", examples=[{"language": "en-GB"}]
    )

    @property
    def waits(self) -> bool:
        """True if something ends the recording before the call does."""
        return any(end is not None for end in (self.endOnSilence, self.endOnKey, self.timeOut))

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        if "channels" in given and "split" not in given:
            add = put('Add "split": "conversation"', ("split",), "conversation")
            cure = 'Add "split": "conversation".'
            yield error("channels", "record: channels needs split.", cure, rule="channels-need-split", fix=add)


class Conversation(Action):
    """Bring the caller into a named conversation (a conference)."""

    summary: ClassVar[str] = "Bring the caller into a named conversation, together with others."
    action: Literal["conversation"] = "conversation"
    name: Annotated[str, Field(min_length=1)] = Field(
        description="The conversation's name; all who join it under this name are together.",
        examples=["weekly-meeting"],
    )
    musicOnHoldUrl: Annotated[OneUrl, Says(either=True)] | None = Field(
        None,
        description="The MP3 file that is heard until the conversation starts: a list with one address.",
        examples=[["https://example.com/hold.mp3"]],
    )
    startOnEnter: Flag = Field(
        True,
        description="Whether it starts when this person joins; false lets the person wait for one who starts it.",
        examples=[False],
    )
    endOnExit: Flag = Field(False, description="Whether it ends for all when this person hangs up.", examples=[True])
    record: Flag = Field(False, description="Whether to record it, as MP3.", examples=[True])
    canSpeak: Uuids | None = Field(
        None, description="The legs that may hear this person; everyone if left out, nobody if [].", examples=[[LEG]]
    )
    canHear: Uuids | None = Field(
        None, description="The legs that this person may hear; everyone if left out, nobody if [].", examples=[[LEG]]
    )
    mute: Flag = Field(False, description="Whether this person is muted.", examples=[True])
    transcription: Transcription | None = Field(
        None, description="Write down what is said; needs record; {} is enough.", examples=[{"language": "en-GB"}]
    )
    eventUrl: OneUrl | None = Field(
        None,
        description="Where the recording is announced, a list with one address.",
        examples=[["https://example.com/recording"]],
    )
    eventMethod: Method = Field("POST", description="How it is announced.", examples=["POST"])

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        yield from _mute_or_can_speak("conversation", given)
        if "transcription" in given and given.get("record") is not True:
            message, cure = "conversation: transcription needs a recording.", 'Add "record": true.'
            fix = put('Add "record": true', ("record",), True)
            yield error("transcription", message, cure, rule="transcription-needs-record", fix=fix)


class AdvancedMachineDetection(Part):
    """How to tell a person from an answering machine, in detail (charged for)."""

    behavior: Literal["continue", "hangup"] | None = Field(
        None, description="What to do when a machine answers.", examples=["continue"]
    )
    mode: Literal["default", "detect", "detect_beep"] = Field(
        "detect",
        description='"default" reports both in passing; "detect" waits for the machine, "detect_beep" for its beep.',
        examples=["detect_beep"],
    )
    beep_timeout: Annotated[WholeSeconds, Field(ge=30, le=120)] | None = Field(
        None,
        description="Seconds to wait for the beep, 30 to 120.",
        examples=[45],
        json_schema_extra={"source": "Voice API OpenAPI 1.10"},
    )


class Connect(Action):
    """Call someone else and join the two calls."""

    summary: ClassVar[str] = "Call someone else and join the two calls."
    mistaken: ClassVar[dict[str, str]] = {"endpoints": "endpoint", "to": "endpoint"}
    action: Literal["connect"] = "connect"
    endpoint: OneEndpoint = Field(
        description="Whom to call: a list with one endpoint object.",
        examples=[[{"type": "phone", "number": "447700900002"}]],
    )
    from_: Annotated[str, CALLER] | None = Field(
        None,
        alias="from",
        description="The number the called person sees; for real phones it must be one of yours.",
        examples=["447700900000"],
    )
    randomFromNumber: Flag = Field(
        False, description="Whether to show any of the application's numbers; not together with from.", examples=[True]
    )
    eventType: Literal["synchronous"] | None = Field(
        None,
        description='"synchronous" lets the reply of eventUrl be a new NCCO when the call fails.',
        examples=["synchronous"],
    )
    timeout: Annotated[WholeSeconds, Field(ge=1, le=120)] = Field(
        60, description="Seconds to let it ring, 1 to 120.", examples=[20]
    )
    limit: Annotated[WholeSeconds, Field(ge=1, le=7200)] = Field(
        7200, description="Seconds the call may last, 1 to 7200.", examples=[600]
    )
    machineDetection: Literal["continue", "hangup"] | None = Field(
        None, description="What to do when an answering machine picks up.", examples=["continue"]
    )
    advancedMachineDetection: AdvancedMachineDetection | None = Field(
        None,
        description="The same in more detail (charged for).",
        examples=[{"behavior": "continue", "mode": "detect_beep"}],
    )
    eventUrl: OneUrl | None = Field(
        None,
        description="Where the events of the new call are sent; the call's event URL if left out.",
        examples=[["https://example.com/event"]],
    )
    eventMethod: Method = Field("POST", description="How they are sent.", examples=["POST"])
    ringbackTone: Annotated[Url, Says(either=True)] | None = Field(
        None,
        description="The sound the caller hears until the other answers: one address as text, not a list.",
        examples=["https://example.com/ringing.mp3"],
    )

    spellings: ClassVar[dict[str, str]] = {"advanced_machine_detection": "advancedMachineDetection"}

    @field_validator("from_")
    @classmethod
    def _caller(cls, caller: str | None, info: ValidationInfo) -> str | None:
        """What a phone shows is a number; a websocket, an app or a SIP system is told any name."""
        endpoints = info.data.get("endpoint")
        return caller if caller is None or (endpoints and endpoints[0].type != "phone") else phone_number(caller)

    @classmethod
    def tidy(cls, given: Options) -> Tidied:
        tidied = super().tidy(given)
        for old, new in cls.spellings.items():
            if old in given and new not in given:
                fix = rename(f"Write {new}", (old,), new, given[old])
                message = f"{old} is the spelling of some SDKs."
                tidied.found.append(advice(new, message, f"Write {new}.", rule="two-spellings", fix=fix))
        return tidied

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        if "from" in given and given.get("randomFromNumber"):
            fix = drop("Keep from", ("randomFromNumber",))
            message = "connect has both from and randomFromNumber."
            yield error("randomFromNumber", message, "Keep one of them.", rule="two-callers", fix=fix)
        endpoints = given.get("endpoint")
        for endpoint in endpoints[:1] if isinstance(endpoints, list) else []:
            yield from check_endpoint(endpoint)
            to_phone = isinstance(endpoint, dict) and endpoint.get("type") == "phone"
            if to_phone and "from" not in given and not given.get("randomFromNumber"):
                said = "connect calls a phone without from: a real phone network may refuse a call from nobody."
                fix = put("Let Vonage pick one of your numbers", ("randomFromNumber",), True)
                cure = 'Add "from" with your own number; in Python it is from_.'
                yield advice("from", said, cure, rule="missing-caller", fix=fix)
            if not to_phone and isinstance(name := given.get("from"), str) and not E164.fullmatch(name):
                said = f"from of connect is {shown(name)}, which is not a phone number; only a phone insists on one."
                yield advice("from", said, "Write one of your numbers, or leave it out.", rule="caller-name")
        if given.get("eventType") == "synchronous" and "eventUrl" not in given:
            said = "connect: eventType synchronous without eventUrl: nobody is asked for a new NCCO."
            cure, fix = "Add eventUrl, a list with one address.", drop("Leave eventType out", ("eventType",))
            yield advice("eventType", said, cure, rule="synchronous-without-url", fix=fix)


class Transfer(Action):
    """Move everyone into another conversation that exists already."""

    summary: ClassVar[str] = "Move all legs of this call into another conversation; nothing after it runs."
    action: Literal["transfer"] = "transfer"
    conversationId: Annotated[str, Field(min_length=1)] = Field(
        description="The conversation to move to: its id, which starts with CON-.",
        examples=["CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"],
    )
    canHear: Uuids | None = Field(
        None, description="The legs that those who move may hear; everyone if left out, nobody if [].", examples=[[LEG]]
    )
    canSpeak: Uuids | None = Field(
        None, description="The legs that may hear those who move; everyone if left out, nobody if [].", examples=[[LEG]]
    )
    mute: Flag = Field(False, description="Whether those who move are muted.", examples=[True])

    # The reference's table has the one spelling, its example the other.
    spellings: ClassVar[dict[str, str]] = {"conversation_id": "conversationId"}

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        yield from _mute_or_can_speak("transfer", given)
        room = given.get("conversationId")
        if isinstance(room, str) and room and not room.startswith("CON-"):
            message = f"conversationId of transfer does not start with CON- ({shown(room)})."
            cure = "Take conversation_uuid from an event of the call to move to."
            yield advice("conversationId", message, cure, rule="conversation-id")


def _mute_or_can_speak(name: str, given: Options) -> Iterator[Problem]:
    if given.get("mute") is True and "canSpeak" in given:
        cure = "Keep one; canSpeak: [] is the same as mute."
        fix = drop("Keep mute", ("canSpeak",))
        yield error("mute", f"{name} has both mute and canSpeak.", cure, rule="mute-and-can-speak", fix=fix)

"""The actions that make a sound, tell something, or wait: stream, talk, notify, wait. And the list of all nine.

Source: NCCO reference; where it is silent, Voice API OpenAPI 1.10 and the official SDKs. These models are the kit's
only knowledge of NCCOs: form, checks, help, exports and tables are derived from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue

from ...base.errors import KitError
from ...base.text import nearest
from ..problems.fixes import Fix, both, drop, put
from ..problems.problems import Problem, advice, error, shown
from .fields import Flag, Free, Language, Level, Loop, Method, OneUrl, Says, Seconds, refuse
from .joining import Connect, Conversation, Record, Transfer
from .listening import Input
from .model import Action, Options
from .ssml import TEXT_LIMIT, is_ssml, split_text, spoken_length, ssml_problems
from .tidying import Tidied, plain_name
from .voices import RETIRED, STYLES, languages

# A text with its tags; far more than any text of that length needs.
LONGEST_TEXT = 100_000
KNOWN = frozenset(languages())
_LANGUAGES = {plain_name(code): code for code in KNOWN} | {"enuk": "en-GB"}


class Stream(Action):
    """Play an audio file into the call."""

    summary: ClassVar[str] = "Play an audio file into the call."
    mistaken: ClassVar[dict[str, str]] = {"url": "streamUrl"}
    action: Literal["stream"] = "stream"
    streamUrl: OneUrl = Field(
        description="The MP3 or 16-bit WAV file to play: a list with one address, fetched when the action is reached.",
        examples=[["https://example.com/music.mp3"]],
    )
    level: Level = Field(
        0, description="How loud, from -1 (silent) to 1 in steps of 0.1; 0 is as recorded.", examples=[0.5]
    )
    bargeIn: Flag = Field(
        False,
        description="Whether a key press or speech stops the sound; an input action must then follow.",
        examples=[True],
    )
    loop: Loop = Field(1, description="How many times to play it in all; 0 plays it for ever.", examples=[2])

    @property
    def waits(self) -> bool:
        return not self.bargeIn


def _text_fits(text: str) -> str:
    if not text.strip():
        raise refuse("is empty", 'Write for example "text": "Hello".', "wrong-text")
    if said := _too_long(text):
        raise refuse(said, "Split it over two talk actions.", "text-too-long")
    return text


def _too_long(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return f"has {len(text):,} characters, tags included, and is not looked at"
    length = spoken_length(text)
    return f"has {length} characters without SSML tags; {TEXT_LIMIT} is the limit" if length > TEXT_LIMIT else ""


class Talk(Action):
    """Speak a text."""

    summary: ClassVar[str] = "Speak a text with a synthetic voice."
    action: Literal["talk"] = "talk"
    text: Annotated[str, AfterValidator(_text_fits), Says(maxLength=TEXT_LIMIT)] = Field(
        description="What to say, 1500 characters at most; SSML if it stands between <speak> and </speak>.",
        examples=["Hello, here is your music."],
    )
    bargeIn: Flag = Field(
        False,
        description="Whether a key press or speech stops the voice; an input action must then follow.",
        examples=[True],
    )
    loop: Loop = Field(1, description="How many times to say it in all; 0 says it for ever.", examples=[2])
    level: Level = Field(0, description="How loud, from -1 (silent) to 1 in steps of 0.1; 0 is normal.", examples=[0.5])
    language: Language = Field("en-US", description="The language and accent of the voice.", examples=["en-GB"])
    style: Annotated[int, Field(ge=0)] = Field(
        0, description="Which voice of that language, counted from 0.", examples=[1]
    )
    premium: Flag = Field(
        False, description="Whether to use the dearer, more natural voice, if there is one.", examples=[True]
    )
    voiceName: str | None = Field(
        None,
        description="The retired way to name a voice; use language and style.",
        examples=["Amy"],
        json_schema_extra={"deprecated": True, "source": "text-to-speech guide", "date": "2021-07"},
    )
    provider: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Another maker's voices, such as google or ElevenLabs; known from the SDKs only.",
        examples=["google"],
        json_schema_extra={"source": "official Ruby and .NET SDKs", "date": "2026-06"},
    )
    providerOptions: Free | None = Field(
        None,
        description="Settings that are passed on to that provider.",
        examples=[{"voice_id": "en-GB-Neural2-A"}],
        json_schema_extra={"source": "official Ruby and .NET SDKs", "date": "2026-06"},
    )

    @property
    def waits(self) -> bool:
        return not self.bargeIn

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        text, language, style = given.get("text"), given.get("language", "en-US"), given.get("style", 0)
        if isinstance(text, str):
            yield from ssml_problems(text, language, style)
            yield from _split_problems(text, given)
        yield from _voice_problems(given, language, style)
        if "provider" in given and "providerOptions" not in given:
            said, cure = "talk has provider but no providerOptions.", 'Write for example "providerOptions": {}.'
            fix = put('Add "providerOptions": {}', ("providerOptions",), {})
            yield error("providerOptions", said, cure, rule="provider-needs-options", fix=fix)


def _split_problems(text: str, given: Options) -> Iterator[Problem]:
    """A text that is too long, and its pieces; what is repeated, or SSML, is not cut up."""
    if said := _too_long(text):
        fix: Fix | None = None
        if not is_ssml(text) and given.get("loop", 1) == 1 and len(text) <= LONGEST_TEXT:
            pieces = split_text(text, TEXT_LIMIT)
            fix = Fix(f"Split it over {len(pieces)} talks", lambda item: [{**item, "text": one} for one in pieces])
        message = f"text of talk {said} ({shown(text)})."
        yield error("text", message, "Split it over two talk actions.", rule="text-too-long", fix=fix)


def _voice_problems(given: Options, language: Any, style: Any) -> Iterator[Problem]:
    if isinstance(language, str) and language not in KNOWN:
        meant = _LANGUAGES.get(plain_name(language), "")
        said = f"talk: the language {shown(language)} is not in the published list."
        cure = f'Did you mean "{meant}"?' if meant else "Check its spelling, such as en-GB."
        fix = put(f'Write "language": "{meant}"', ("language",), meant) if meant else None
        yield advice("language", said, cure, rule="unknown-language", fix=fix)
    styles = STYLES.get(language) if isinstance(language, str) else None
    if styles and isinstance(style, int) and style >= styles:
        said = f"talk: {language} has {styles} styles, and {shown(style)} is none of them."
        fix = put(f'Write "style": {styles - 1}', ("style",), styles - 1)
        yield advice("style", said, f"Use 0 to {styles - 1}.", rule="unknown-style", fix=fix)
    if isinstance(given.get("voiceName"), str):
        yield _retired(given)


def _retired(given: Options) -> Problem:
    """A voice by its old name; the name counts only when neither language nor style is given."""
    new = RETIRED.get(given["voiceName"].lower())
    fix: Fix | None = None
    cure = "Use language and style."
    if "language" in given or "style" in given:
        cure, fix = "Leave it out: language and style say it.", drop("Leave voiceName out", ("voiceName",))
    elif new:
        cure = f'Write "language": "{new[0]}", "style": {new[1]}.'
        steps = drop("", ("voiceName",)), put("", ("language",), new[0]), put("", ("style",), new[1])
        fix = both(cure.removesuffix("."), *steps)
    message = "talk: voiceName is retired; it still works, but gets no new voices."
    return advice("voiceName", message, cure, rule="retired-voice", fix=fix)


class Notify(Action):
    """Send data to a webhook in the middle of a call."""

    summary: ClassVar[str] = "Send data of your own to your webhook, in the middle of the call."
    mistaken: ClassVar[dict[str, str]] = {"url": "eventUrl"}
    action: Literal["notify"] = "notify"
    payload: dict[str, JsonValue] = Field(
        description="The data to send: any JSON object.", examples=[{"step": "music over"}]
    )
    eventUrl: OneUrl = Field(
        description="Where to send it, a list with one address; its reply may be a new NCCO.",
        examples=[["https://example.com/event"]],
    )
    eventMethod: Method = Field("POST", description="How it is sent.", examples=["POST"])


# What `wait` takes without clamping, in seconds.
WAIT_RANGE = (0.1, 7200.0)


class Wait(Action):
    """Do nothing for a while."""

    summary: ClassVar[str] = "Do nothing for some seconds, and keep the call open."
    action: Literal["wait"] = "wait"
    timeout: Annotated[Seconds, Field(ge=WAIT_RANGE[0], le=WAIT_RANGE[1])] = Field(
        10,
        description="Seconds to wait, 0.1 to 7200; what is outside is moved to the nearest of the two.",
        examples=[2.5],
    )

    @classmethod
    def tidy(cls, given: Options) -> Tidied:
        tidied = super().tidy(given)
        seconds = tidied.data.get("timeout")
        if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
            inside = min(max(seconds, WAIT_RANGE[0]), WAIT_RANGE[1])
            if inside != seconds:
                tidied.data["timeout"] = inside
                said = f"{seconds:g}" if abs(seconds) < 1e9 else shown(seconds)  # an int can be too large for :g
                message = f"timeout of wait is {said} seconds; the platform makes it {inside:g}."
                better = int(inside) if float(inside).is_integer() else inside
                fix = put(f'Write "timeout": {better}', tidied.origin(("timeout",)), better)
                cure = "Stay between 0.1 and 7200."
                tidied.found.append(advice("timeout", message, cure, rule="wait-clamped", fix=fix))
        return tidied


#: All actions by their name in JSON, in the order in which a learner meets them.
ACTIONS: dict[str, type[Action]] = {
    "stream": Stream,
    "talk": Talk,
    "input": Input,
    "record": Record,
    "conversation": Conversation,
    "connect": Connect,
    "notify": Notify,
    "wait": Wait,
    "transfer": Transfer,
}

#: Names that people try, and what to use.
ELSEWHERE: dict[str, str] = {
    "hangup": "A call ends by itself after the last action: leave it out.",
    "hang_up": "A call ends by itself after the last action: leave it out.",
    "pay": "It was withdrawn by Vonage. Collect digits with input.",
    "play": "Use stream.",
    "playaudio": "That is a request to a running call; in an NCCO use stream.",
    "playtts": "That is a request to a running call; in an NCCO use talk.",
    "say": "Use talk.",
    "gather": "Use input.",
    "dial": "Use connect.",
    "pause": "Use wait.",
    "sleep": "Use wait.",
}

#: The action that does the same, where there is one.
MEANT: dict[str, str] = {
    "play": "stream",
    "playaudio": "stream",
    "playtts": "talk",
    "say": "talk",
    "gather": "input",
    "dial": "connect",
    "pause": "wait",
    "sleep": "wait",
}


def action_named(name: str) -> str:
    """The name itself, if there is such an action. Raises :class:`KitError`, which names the near one."""
    if name in ACTIONS:
        return name
    meant = nearest(name, ACTIONS)
    cure = f"Did you mean {meant}?" if meant else f"The actions are: {', '.join(ACTIONS)}."
    raise KitError(f"There is no action {name!r}.", cure)


def known_action(item: Any) -> str | None:
    """The name of the action if it is one of Vonage's; ``None`` for anything else that stands in a list."""
    name = item.get("action") if isinstance(item, dict) else None
    return name if isinstance(name, str) and name in ACTIONS else None

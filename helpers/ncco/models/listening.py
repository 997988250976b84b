"""The action that listens: input, with its settings for keys (dtmf) and for speech.

Source: NCCO reference; where it is silent, the official SDKs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..data import Json
from ..problems.fixes import Fix, both, drop, put
from ..problems.problems import Problem, advice, error, shown
from ..schema import named_options
from .fields import Flag, Free, Language, Method, OneUrl, Says, Seconds, Words
from .model import Action, Options, Part
from .tidying import Tidied, plain_name

# The NCCO reference does not have these.
FROM_SDK: dict[str, Json] = {"source": "official Ruby SDK, input.rb", "date": "2026-06"}


class Dtmf(Part):
    """How keys are collected."""

    timeOut: Annotated[Seconds, Field(ge=0, le=10)] = Field(
        3, description="Seconds after the last key until the digits are sent, 0 to 10.", examples=[5]
    )
    maxDigits: Annotated[int, Field(ge=1, le=20), Says(unit="keys")] = Field(
        4, description="How many keys at most, 1 to 20; when they are pressed, the digits are sent.", examples=[1]
    )
    submitOnHash: Flag = Field(False, description="Whether # sends the digits at once.", examples=[True])


class Speech(Part):
    """How spoken words are recognised."""

    uuid: Annotated[list[str], Field(min_length=1, max_length=1), Says(expected="a list with one leg uuid")] | None = (
        Field(
            None,
            description="The leg to listen to; the first one if left out.",
            examples=[["aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"]],
        )
    )
    endOnSilence: Annotated[Seconds, Field(ge=0.4, le=10)] = Field(
        2.0, description="Seconds of silence that end the speech, 0.4 to 10.", examples=[1.5]
    )
    language: Language = Field("en-US", description="The language to listen for.", examples=["en-GB"])
    context: Words | None = Field(
        None, description="Words to expect, which makes them easier to recognise.", examples=[["sales", "support"]]
    )
    startTimeout: Annotated[Seconds, Field(ge=1, le=60)] = Field(
        10, description="Seconds to wait for the first word, 1 to 60.", examples=[5]
    )
    maxDuration: Annotated[Seconds, Field(ge=1, le=60)] = Field(
        60, description="Seconds of speech at most, 1 to 60.", examples=[20]
    )
    saveAudio: Flag = Field(False, description="Whether to keep the sound as a recording.", examples=[True])
    sensitivity: Annotated[int, Field(ge=10, le=100)] = Field(
        90, description="How much sound counts as speech, 10 to 100.", examples=[50]
    )
    provider: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Another recogniser, such as google; known from SDKs, not from the NCCO reference.",
        examples=["google"],
        json_schema_extra=FROM_SDK,
    )
    providerOptions: Free | None = Field(
        None,
        description="Settings that are passed on to that provider.",
        examples=[{"model": "phone_call"}],
        json_schema_extra=FROM_SDK,
    )


class Input(Action):
    """Collect key presses or speech, and send them to a webhook."""

    summary: ClassVar[str] = "Collect key presses or speech and send them to your webhook."
    action: Literal["input"] = "input"
    type: Annotated[list[Literal["dtmf", "speech"]], Field(min_length=1)] = Field(
        description='What to collect: "dtmf" for keys, "speech" for words, or both, as a list.', examples=[["dtmf"]]
    )
    dtmf: Dtmf | None = Field(None, description="How keys are collected.", examples=[{"maxDigits": 1}])
    speech: Speech | None = Field(None, description="How speech is recognised.", examples=[{"language": "en-GB"}])
    mode: Literal["synchronous", "asynchronous"] = Field(
        "synchronous",
        description='"synchronous" collects, then goes on; "asynchronous" sends each key while the call goes on.',
        examples=["asynchronous"],
    )
    eventUrl: OneUrl | None = Field(
        None,
        description="Where the result is sent (the call's event URL if left out); its reply may be a new NCCO.",
        examples=[["https://example.com/input"]],
    )
    eventMethod: Method = Field("POST", description="How it is sent.", examples=["POST"])

    @property
    def waits(self) -> bool:
        return self.mode == "synchronous"

    @classmethod
    def tidy(cls, given: Options) -> Tidied:
        """Settings of ``dtmf`` and ``speech`` at the top level, where those of keys stood until 2020, go inside."""
        tidied = Tidied("input")
        rest: dict[str, Any] = {}
        flat: dict[str, dict[str, Any]] = {"dtmf": {}, "speech": {}}
        for name, value in given.items():
            group, real = _settings().get(plain_name(str(name)), ("", ""))
            if not group or value is None or not isinstance(given.get(group) or {}, dict) or real in flat[group]:
                rest[name] = value
                continue
            flat[group][real] = value
            tidied.moved[(group, real)] = (name,)
        for group, settings in flat.items():
            if settings:
                tidied.found.append(_misplaced(group, tidied.moved, settings, rest))
                rest[group] = {**settings, **(rest.get(group) or {})}
        if any(flat.values()) and "type" not in rest:
            rest = {"type": [group for group, settings in flat.items() if settings], **rest}
        tidied.take(rest, named_options(cls), cls.spellings, cls.mistaken)
        return tidied

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        kinds = given["type"] if isinstance(given.get("type"), list) else []
        if given.get("mode") == "asynchronous" and "speech" in kinds:
            keys_only = both('Write "type": ["dtmf"]', put("", ("type",), ["dtmf"]), drop("", ("speech",)))
            fix = keys_only if "dtmf" in kinds else drop("Leave mode out", ("mode",))
            said = "input: asynchronous works with keys only, not with speech."
            yield error("mode", said, 'Write "type": ["dtmf"].', rule="asynchronous-speech", fix=fix)
        if given.get("mode") == "asynchronous" and given.get("dtmf"):
            said = "input: asynchronous takes no dtmf settings, as each key is sent at once."
            fix = drop("Leave dtmf out", ("dtmf",))
            yield error("dtmf", said, "Leave dtmf out.", rule="asynchronous-settings", fix=fix)
        for kind in ("dtmf", "speech"):
            if isinstance(given.get(kind), dict) and kinds and kind not in kinds:
                fix = put(f'Add "{kind}" to type', ("type",), [*kinds, kind])
                if kind == "speech" and given.get("mode") == "asynchronous":
                    fix = drop("Leave speech out", ("speech",))
                said = f"input: the {kind} settings do nothing, as type does not list it."
                yield advice(kind, said, f'Add "{kind}" to type.', rule="settings-without-type", fix=fix)


@lru_cache(maxsize=1)
def _settings() -> dict[str, tuple[str, str]]:
    """The settings that belong into a group, by their plain name: the group, and the name there."""
    groups = (("speech", named_options(Speech)), ("dtmf", named_options(Dtmf)))
    own = {plain_name(name) for name in named_options(Input)}
    found = {plain_name(name): (group, name) for group, options in groups for name in options}
    return {name: place for name, place in found.items() if name not in own}


def _misplaced(group: str, moved: dict[Any, Any], settings: dict[str, Any], rest: dict[str, Any]) -> Problem:
    written = [moved[(group, name)][0] for name in settings]
    right = {"type": rest.get("type", [group]), group: settings}
    names = ", ".join(written)
    era = " is the form of before 2020" if group == "dtmf" else " has no effect"

    def change(item: Json) -> Json:
        inside = {real: item.pop(name) for name, real in zip(written, settings, strict=True)}
        kinds = {"type": [group]} if "type" not in item else {}
        return {**item, **kinds, group: {**inside, **(item.get(group) or {})}}

    cure = f"Put it inside {group}"
    said, example = f"input: {names} at the top level{era}.", shown({"action": "input", **right}, 300)
    return error(group, said, f"{cure}: {example}.", rule="input-settings-place", fix=Fix(cure, change))

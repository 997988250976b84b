"""The action that listens: input, with its settings for keys (dtmf) and for speech.

Source: NCCO reference; where it is silent, the official SDKs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from helpers.ncco.fields import Flag, Free, Language, Method, Number, OneUrl, Says, Words
from helpers.ncco.model import Action, Options, Part
from helpers.ncco.problems import Problem, advice, error


class Dtmf(Part):
    """How keys are collected."""

    timeOut: Annotated[Number, Field(ge=0, le=10)] = Field(
        3, description="Seconds after the last key until the digits are sent, 0 to 10.", examples=[5]
    )
    maxDigits: Annotated[int, Field(ge=1, le=20)] = Field(
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
    endOnSilence: Annotated[Number, Field(ge=0.4, le=10)] = Field(
        2.0, description="Seconds of silence that end the speech, 0.4 to 10.", examples=[1.5]
    )
    language: Language = Field("en-US", description="The language to listen for.", examples=["en-GB"])
    context: Words | None = Field(
        None, description="Words to expect, which makes them easier to recognise.", examples=[["sales", "support"]]
    )
    startTimeout: Annotated[Number, Field(ge=1, le=60)] = Field(
        10, description="Seconds to wait for the first word, 1 to 60.", examples=[5]
    )
    maxDuration: Annotated[Number, Field(ge=1, le=60)] = Field(
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
    )
    providerOptions: Free | None = Field(
        None, description="Settings that are passed on to that provider.", examples=[{"model": "phone_call"}]
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
    def tidy(cls, given: Options) -> tuple[dict[str, Any], list[Problem]]:
        tidied, found = super().tidy(given)
        old = {name: tidied.pop(name) for name in ("timeOut", "maxDigits", "submitOnHash") if name in tidied}
        if old:
            right = {"type": ["dtmf"], **tidied, "dtmf": old}
            tidied = {**right, "dtmf": given["dtmf"]} if "dtmf" in given else right
            found.append(
                error(
                    "dtmf",
                    f"input: {', '.join(old)} at the top level is the form of before 2020.",
                    f"Put it inside dtmf: {json.dumps({'action': 'input', **right}, ensure_ascii=False, default=str)}.",
                )
            )
        return tidied, found

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        kinds = given["type"] if isinstance(given.get("type"), list) else []
        if given.get("mode") == "asynchronous" and "speech" in kinds:
            yield error("mode", "input: asynchronous works with keys only, not with speech.", 'Write "type": ["dtmf"].')
        if given.get("mode") == "asynchronous" and given.get("dtmf"):
            yield error(
                "dtmf", "input: asynchronous takes no dtmf settings, as each key is sent at once.", "Leave dtmf out."
            )
        for kind in ("dtmf", "speech"):
            if kind in given and kinds and kind not in kinds:
                yield advice(
                    kind, f"input: the {kind} settings do nothing, as type does not list it.", f'Add "{kind}" to type.'
                )

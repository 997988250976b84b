"""Is this SSML, is it whole, and what of it is spoken?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from helpers.ncco.problems import Problem, advice
from helpers.ncco.voices import SSML_TAGS, WITHOUT_SSML

_TAG = re.compile(rf"</?(?:{'|'.join(SSML_TAGS)})(?:\s[^<>]*)?/?>")


def is_ssml(text: str) -> bool:
    """True if the text is SSML: it starts with ``<speak``."""
    return bool(re.match(r"\s*<speak[\s>/]", text))


def spoken(text: str) -> str:
    """The text without SSML tags, if it is SSML: what counts for the limit of 1500 characters."""
    return re.sub(r"<[^<>]*>", "", text) if is_ssml(text) else text


def ssml_problems(text: str, language: Any = "en-US", style: Any = 0) -> Iterator[Problem]:
    """Advice on the SSML of a text, or on the lack of ``<speak>`` around it."""
    if not is_ssml(text):
        if tag := _TAG.search(text):
            yield advice(
                "text",
                f"talk: {tag.group()} is read aloud, as the text does not stand between <speak> and </speak>.",
                "Write <speak>…</speak> around the whole text.",
            )
        return
    try:
        # A document type can define entities without end; SSML in a call has no use for one.
        root = ElementTree.fromstring(text.strip()) if "<!" not in text else None
    except ElementTree.ParseError as problem:
        _, column = problem.position
        yield advice(
            "text",
            f"talk: the SSML is not whole at character {column + 1}: a tag is not closed, or & or < stands bare.",
            "Close each tag; write &amp; for & and &lt; for <.",
        )
        return
    unknown = sorted({e.tag for e in root.iter()} - set(SSML_TAGS)) if root is not None else ["!"]
    if unknown:
        yield advice(
            "text",
            f"talk: <{unknown[0]}> is not among the SSML tags that are obeyed.",
            f"Those are: {', '.join(SSML_TAGS)}.",
        )
    if isinstance(language, str) and style in WITHOUT_SSML.get(language, ()):
        yield advice(
            "style", f"talk: style {style} of {language} does not know SSML.", "Use another style, or plain text."
        )

"""Is this SSML, is it whole, and what of it is spoken?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from ..problems.fixes import put
from ..problems.problems import Problem, advice
from .voices import SSML_TAGS, STYLES, WITHOUT_SSML

_TAG = re.compile(rf"</?(?:{'|'.join(SSML_TAGS)})(?:\s[^<>]*)?/?>")
#: The longest text that is spoken at once, in characters; the tags of SSML do not count.
TEXT_LIMIT = 1500
# & that begins no entity of XML, and < that begins no tag.
_BARE_AND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_BARE_LESS = re.compile(r"<(?![/A-Za-z])")
_SENTENCE_END = re.compile(r"[.!?…。！？]['\")\]»”]*\s+")
# A text of more characters is an error anyway, and its tags are not looked at.
_LONGEST = 100_000


def is_ssml(text: str) -> bool:
    """True if the text is SSML: it starts with ``<speak``."""
    return bool(re.match(r"\s*<speak[\s>/]", text))


def spoken(text: str) -> str:
    """The text without SSML tags, if it is SSML."""
    return re.sub(r"<[^<>]*>", "", text) if is_ssml(text) else text


def spoken_length(text: str) -> int:
    """How many characters of a text count for :data:`TEXT_LIMIT`."""
    return len(spoken(text))


def split_text(text: str, limit: int) -> list[str]:
    """The text in pieces of at most ``limit`` characters, cut at the ends of sentences, or else between words."""
    pieces, rest = [], text.strip()
    while len(rest) > limit:
        ends = [found.end() for found in _SENTENCE_END.finditer(rest[: limit + 1])]
        space = rest.rfind(" ", 1, limit + 1)
        cut = ends[-1] if ends else space if space > 0 else limit
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [piece for piece in (*pieces, rest) if piece]


def ssml_problems(text: str, language: Any = "en-US", style: Any = 0) -> Iterator[Problem]:
    """Advice on the SSML of a text, or on the lack of ``<speak>`` around it."""
    if "<" not in text or len(text) > _LONGEST:
        return
    if not is_ssml(text):
        if tag := _TAG.search(text):
            yield _no_speak(text, tag.group()[:60])
        return
    try:
        unknown = _unknown_tags(text)
    except (ElementTree.ParseError, ValueError) as problem:
        yield _not_well_formed(text, problem)
        return
    if unknown:
        said, cure = f"talk: <{unknown[0][:60]}> is not among the SSML tags that are obeyed.", ", ".join(SSML_TAGS)
        yield advice("text", said, f"Those are: {cure}.", rule="ssml-unknown-tag")
    if isinstance(language, str) and style in WITHOUT_SSML.get(language, ()):
        other = next((n for n in range(STYLES[language]) if n not in WITHOUT_SSML[language]), None)
        said, cure = f"talk: style {style} of {language} does not know SSML.", "Use another style, or plain text."
        fix = None if other is None else put(f'Write "style": {other}', ("style",), other)
        yield advice("style", said, cure, rule="ssml-style", fix=fix)


def _no_speak(text: str, tag: str) -> Problem:
    better = f"<speak>{_escaped(text)}</speak>"
    fix = put("Write <speak>…</speak> around it", ("text",), better) if _is_whole(better) else None
    said = f"talk: {tag} is read aloud, as the text does not stand between <speak> and </speak>."
    return advice("text", said, "Write <speak>…</speak> around the whole text.", rule="ssml-without-speak", fix=fix)


def _not_well_formed(text: str, problem: Exception) -> Problem:
    line, column = getattr(problem, "position", (1, 0))
    before = text.strip().splitlines(keepends=True)[: line - 1]
    better = _escaped(text)
    fix = put("Write &amp; for & and &lt; for <", ("text",), better) if _is_whole(better) else None
    place = f"talk: the SSML is not whole at character {sum(map(len, before)) + column + 1}"
    said = f"{place}: a tag is not closed, or & or < stands bare."
    cure = "Close each tag; write &amp; for & and &lt; for <."
    return advice("text", said, cure, rule="ssml-not-well-formed", fix=fix)


def _escaped(text: str) -> str:
    return _BARE_LESS.sub("&lt;", _BARE_AND.sub("&amp;", text))


def _is_whole(text: str) -> bool:
    """True if the text is SSML with nothing in it but tags that are obeyed."""
    try:
        return is_ssml(text) and not _unknown_tags(text)
    except (ElementTree.ParseError, ValueError):
        return False


def _unknown_tags(text: str) -> list[str]:
    """The tags that are not obeyed; raises ``ParseError`` or ``ValueError`` for what is not well-formed."""
    # A document type can define entities without end; SSML in a call has no use for one.
    if "<!" in text:
        return ["!"]
    return sorted({str(element.tag) for element in ElementTree.fromstring(text.strip()).iter()} - set(SSML_TAGS))

"""Words in, sound out: eSpeak NG where it is installed, a murmur of the right length where it is not."""

from __future__ import annotations

import ctypes
import logging
import os
import re
import sys
import threading
from functools import cache, lru_cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Samples = NDArray[np.float32]

# Vonage's language codes whose first half is not already the name of eSpeak's voice ("en" is British).
# Filipino has no voice and borrows Indonesian.
VOICES = {
    "en-US": "en-us", "pt-BR": "pt-br", "es-US": "es-419", "es-MX": "es-419", "fil-PH": "id", "no-NO": "nb",
}  # fmt: skip
# Vonage numbers its styles from 0. Each gets a voice of its own here; after the last the round starts again.
STYLES = ("f2", "m3", "f3", "m1", "f5", "m7", "f4", "m4", "Annie", "m5", "linda", "m2")

# The subset of SSML that Vonage documents ("Customizing text-to-speech"). Anything else loses its tag, not its words:
# eSpeak's own <audio> would open files of this computer.
SSML = {"speak", "break", "emphasis", "lang", "phoneme", "prosody", "say-as", "s", "p", "sub"}
PAUSES = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.0}

GAIN = 0.4  # eSpeak speaks close to full scale; a phone line wants headroom, and so does `level` 1
SECONDS_PER_WORD = 60 / 150
MOST_TAGS = 800
LONGEST_PAUSE = 10.0  # seconds: a typing error in <break> must not fill the memory
_NO_SPACES = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"


def available() -> bool:
    """True if `speak` speaks; False if it murmurs (the extra ``speech`` is missing or does not run here)."""
    return _espeak() is not None


def speak(text: str, *, language: str = "en-US", style: int = 0, rate: int = 16000) -> Samples:
    """What a telephone says for ``text``: mono float32 samples at ``rate``, the same on every run.

    ``text`` inside ``<speak>…</speak>`` is read as SSML; SSML that is not well formed loses its tags and is spoken as
    plain words. ``language`` is one of Vonage's codes ("en-GB", "cmn-CN"), an unknown one is spoken in English.
    ``style`` picks one of twelve voices. Without eSpeak (see `available`) the result is a murmur that lasts as long as
    the words take. Safe from any thread. Text without a word in it gives an empty array.
    """
    return _speak(text, language, style, rate).copy()


@lru_cache(maxsize=32)
def _speak(text: str, language: str, style: int, rate: int) -> Samples:
    from ...audio.files import resample

    tree = _ssml(text)
    pieces = _pieces(tree, text)
    place = _espeak()
    if place is None or not any(isinstance(piece, str) for piece in pieces):
        return _murmur(pieces, style, rate)
    markup = _words(text) if tree is None else ElementTree.tostring(tree, encoding="unicode")
    with _ONE_AT_A_TIME:
        spoken, rate_in = _Engine(*place).speak(markup, language, style, ssml=tree is not None)
    return resample(spoken, rate_in, rate)


# --- text ---


def _ssml(text: str) -> ElementTree.Element | None:
    """The tree of well-formed SSML with only Vonage's tags in it; None for plain text and for anything broken."""
    # A document type could define entities that grow without end, and deep nesting would exhaust Python's stack.
    if not text.strip().startswith("<speak") or "<!" in text or text.count("<") > MOST_TAGS:
        return None
    try:
        tree = ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        logger.debug("SSML is spoken as plain text: %s", error)
        return None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.tag not in SSML:
            element.tag, element.attrib = "s", {}
        if element.tag == "break":
            element.attrib = {"time": f"{_pause(element.attrib) * 1000:.0f}ms"}
    return tree


def _words(text: str) -> str:
    """Plain text as it is; of broken SSML what is not a tag. Byte zero, where a C string ends, becomes a space."""
    if text.strip().startswith("<speak"):
        text = re.sub(r"<[^<>]*>?", " ", text)
    return re.sub(r"[\x00-\x1f]", " ", text).strip()


def _pieces(tree: ElementTree.Element | None, text: str) -> list[str | float]:
    """Words and pauses (in seconds) in the order in which they are heard."""
    if tree is None:
        return list(_split(_words(text)))
    pieces: list[str | float] = []

    def walk(element: ElementTree.Element) -> None:
        if element.tag == "break":
            pieces.append(_pause(element.attrib))
        elif element.tag == "sub":
            pieces.extend(_split(element.get("alias", element.text or "")))
        else:
            pieces.extend(_split(element.text or ""))
            for child in element:
                walk(child)
                pieces.extend(_split(child.tail or ""))

    walk(tree)
    return pieces


def _split(text: str) -> list[str]:
    """Words; in scripts without spaces (Chinese, Japanese, Thai) two characters count as one."""
    return [
        piece
        for word in re.findall(r"\w+", text)
        for piece in re.findall(rf"[{_NO_SPACES}]{{1,2}}|[^{_NO_SPACES}]+", word)
    ]


def _pause(attributes: dict[str, str]) -> float:
    time = re.fullmatch(r"\s*\+?(\d+(?:\.\d+)?)\s*(ms|s)\s*", attributes.get("time", ""))
    if time:
        return min(float(time[1]) * (0.001 if time[2] == "ms" else 1.0), LONGEST_PAUSE)
    return PAUSES.get(attributes.get("strength", "medium"), PAUSES["medium"])


# --- the murmur ---


def _murmur(pieces: list[str | float], style: int, rate: int) -> Samples:
    """A soft hum with the rhythm of syllables, 150 words a minute, silent where a pause is."""
    sound = [
        np.zeros(round(piece * rate)) if isinstance(piece, float) else _hum(piece, style, index, rate)
        for index, piece in enumerate(pieces)
    ]
    return np.concatenate([*sound, np.zeros(0)]).astype(np.float32)


def _hum(word: str, style: int, index: int, rate: int) -> NDArray[np.float64]:
    time = np.arange(round(SECONDS_PER_WORD * rate)) / rate
    pitch = (195.0 if style % 2 == 0 else 115.0) * 2 ** ((style % 12) / 36) * (1 + 0.06 * np.sin(index * 1.7))
    syllables = max(1, round(len(word) / 3))
    swell = np.sin(np.pi * np.clip(time / (SECONDS_PER_WORD * 0.9), 0, 1) * syllables) ** 2
    voice = sum(np.sin(2 * np.pi * pitch * n * time) * level for n, level in ((1, 0.3), (2, 1.0), (3, 0.6), (4, 0.3)))
    return np.asarray(0.06 * swell * voice)


# --- eSpeak NG ---

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_UriCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)
_SYNCHRONOUS, _DO_NOT_EXIT = 2, 0x8000
_UTF8, _SSML_TEXT, _FINISH = 1, 0x10, 0x1000
_RATE_PARAMETER, _WORDS_PER_MINUTE = 1, 160
_ONE_AT_A_TIME = threading.Lock()  # the library keeps its state in globals


@cache
def _espeak() -> tuple[str, str] | None:
    """Where library and voices of the extra ``speech`` are; None if they are missing or do not start."""
    try:
        import espeakng_loader

        place = str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())
        with _ONE_AT_A_TIME:
            _Engine(*place).speak("a", "en-US", 0, ssml=False)
    except (ImportError, OSError, RuntimeError, AttributeError, ValueError) as error:
        logger.info("talk is a murmur, because speech is not available: %s", error)
        return None
    return place


class _Engine:
    """eSpeak NG as a C library, loaded for one utterance.

    The library carries the phase of its voice's flutter from one utterance to the next and has no call to reset it.
    Only a newly loaded library says the same words the same way twice; loading it takes 2 ms.
    """

    def __init__(self, library: str, voices: str) -> None:
        self._library = ctypes.CDLL(library)
        self._voices = voices
        self._blocks: list[bytes] = []
        # ctypes does not keep callbacks alive: these attributes do.
        self._receive = _Callback(self._block)
        self._refuse = _UriCallback(lambda kind, uri, base: 1)

    def speak(self, text: str, language: str, style: int, *, ssml: bool) -> tuple[Samples, int]:
        """Samples and their rate; OSError if the engine does not start. Once only."""
        try:
            rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, _short(self._voices), _DO_NOT_EXIT))
            if rate <= 0:
                raise OSError("eSpeak NG did not start")
            self._synthesise(text, language, style, ssml)
            self._library.espeak_Terminate()
        finally:
            self._unload()
        spoken = np.frombuffer(b"".join(self._blocks), dtype=np.int16)
        return (spoken * np.float32(GAIN / 32768)).astype(np.float32), rate

    def _synthesise(self, text: str, language: str, style: int, ssml: bool) -> None:
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        self._library.espeak_SetSynthCallback(self._receive)
        self._library.espeak_SetUriCallback(self._refuse)
        self._library.espeak_SetParameter(_RATE_PARAMETER, _WORDS_PER_MINUTE, 0)
        self._choose_voice(language, style)
        data = text.encode("utf-8", errors="replace") + b"\0"
        flags = _UTF8 | _FINISH | (_SSML_TEXT if ssml else 0)
        self._library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 0, 0, flags, None, None)

    def _choose_voice(self, language: str, style: int) -> None:
        first = language.partition("-")[0]
        variant = STYLES[style % len(STYLES)]
        for voice in (VOICES.get(language, first), "en-us"):
            if self._library.espeak_SetVoiceByName(f"{voice}+{variant}".encode("ascii", errors="replace")) == 0:
                return

    def _block(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._blocks.append(ctypes.string_at(samples, count * 2))
        return 0

    def _unload(self) -> None:
        import _ctypes

        if sys.platform == "win32":
            _ctypes.FreeLibrary(self._library._handle)
        else:
            _ctypes.dlclose(self._library._handle)


def _short(folder: str) -> bytes:
    """The folder as eSpeak can take it: it has room for 160 bytes, and complains on stderr about what does not fit."""
    path = os.fsencode(folder)
    if len(path) > 150:
        path = os.path.relpath(path)
    if len(path) > 150:
        raise OSError(f"the path of the voices is too long for eSpeak NG: {folder}")
    return path

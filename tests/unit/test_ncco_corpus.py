"""What a working developer writes is left in peace: NCCOs written from Vonage's reference, and not a word about them.

The NCCOs are in ``ncco_corpus/``, one file per subject, each an object of name -> NCCO. They were written from the
reference and not from the models, so that a mistake in the models cannot hide in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.ncco import ACTIONS, check, parse
from helpers.ncco.schema import options_of

FOLDER = Path(__file__).with_name("ncco_corpus")
LEAST = 70

# Vonage's options by action, deprecated ones left out; a dot leads into an object.
OPTIONS = {
    "stream": "streamUrl level bargeIn loop",
    "talk": "text bargeIn loop level language style premium provider providerOptions",
    "input": """type mode eventUrl eventMethod dtmf.timeOut dtmf.maxDigits dtmf.submitOnHash speech.uuid
        speech.endOnSilence speech.language speech.context speech.startTimeout speech.maxDuration speech.saveAudio
        speech.sensitivity speech.provider speech.providerOptions""",
    "record": """format split channels endOnSilence endOnKey timeOut beepStart eventUrl eventMethod
        transcription.language transcription.eventUrl transcription.eventMethod transcription.sentimentAnalysis""",
    "conversation": """name musicOnHoldUrl startOnEnter endOnExit record canSpeak canHear mute transcription.language
        eventUrl eventMethod""",
    "connect": """endpoint from randomFromNumber eventType timeout limit machineDetection
        advancedMachineDetection.behavior advancedMachineDetection.mode advancedMachineDetection.beep_timeout
        eventUrl eventMethod ringbackTone""",
    "notify": "payload eventUrl eventMethod",
    "wait": "timeout",
    "transfer": "conversationId canHear canSpeak mute",
}
ENDPOINTS = {
    "phone": "number dtmfAnswer onAnswer.url onAnswer.ringbackTone",
    "app": "user",
    "websocket": "uri content-type headers authorization.type authorization.value",
    "sip": "uri user domain headers standardHeaders.User-to-User",
    "vbc": "extension",
}
# Beside "x": ["a", "b"], each word that an option may be must have been written once.
WORDS = {
    "format": {"mp3", "wav", "ogg"},
    "mode": {"synchronous", "asynchronous", "default", "detect", "detect_beep"},
    "machineDetection": {"continue", "hangup"},
    "behavior": {"continue", "hangup"},
    "eventMethod": {"GET", "POST"},
    "content-type": {f"audio/l16;rate={rate}" for rate in (8000, 16000, 24000)},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_model_has_every_documented_option_and_no_other(name: str) -> None:
    documented = {path.partition(".")[0] for path in OPTIONS[name].split()}
    assert {option.name for option in options_of(ACTIONS[name]) if not option.deprecated} == documented
    assert set(ACTIONS) == set(OPTIONS)


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), names
    return dict(pairs)


CORPUS: dict[str, list[dict[str, Any]]] = {
    f"{file.stem}: {name}": ncco
    for file in sorted(FOLDER.glob("*.json"))
    for name, ncco in json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=_no_name_twice).items()
}
# Addresses without TLS, or of this computer, are for the simulator.
REACHED_FROM_OUTSIDE = [name for name, ncco in CORPUS.items() if not re.search(r'"(http|ws)://', json.dumps(ncco))]


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_is_said_about_a_good_ncco(name: str) -> None:
    text = json.dumps(CORPUS[name], ensure_ascii=False, indent=2)
    assert check(CORPUS[name]) == check(text) == check(text.encode()) == []
    if name in REACHED_FROM_OUTSIDE:
        assert check(CORPUS[name], live=True) == []


@pytest.mark.parametrize("name", CORPUS)
def test_what_goes_out_is_what_was_written(name: str) -> None:
    assert parse(CORPUS[name]).to_list() == CORPUS[name]


def test_the_simulators_own_addresses_are_not_for_live_mode() -> None:
    local = set(CORPUS) - set(REACHED_FROM_OUTSIDE)
    assert len(local) >= 5
    for name in local:
        assert [p for p in check(CORPUS[name], live=True) if p.severity == "error"], name


def test_the_corpus_is_large_and_uses_every_option() -> None:
    actions = [action for ncco in CORPUS.values() for action in ncco]
    assert len(CORPUS) >= LEAST
    for kind, options in OPTIONS.items():
        used = {path for action in actions if action["action"] == kind for path in _paths(action)}
        assert set(options.split()) <= used, (kind, set(options.split()) - used)
    ends = [end for action in actions if action["action"] == "connect" for end in action["endpoint"]]
    for kind, options in ENDPOINTS.items():
        used = {path for end in ends if end["type"] == kind for path in _paths(end)}
        assert set(options.split()) <= used, (kind, set(options.split()) - used)
    values = [pair for action in actions for pair in _values(action)]
    for option, words in WORDS.items():
        assert words <= {value for name, value in values if name == option}, option


def test_the_text_limits_are_reached() -> None:
    texts = [action["text"] for ncco in CORPUS.values() for action in ncco if action["action"] == "talk"]
    plain = [text for text in texts if "<speak>" not in text]
    marked = [text for text in texts if "<speak>" in text]
    assert max(map(len, plain)) == 1500
    assert max(map(len, marked)) > 1500 >= max(len(re.sub("<[^>]*>", "", text)) for text in marked)
    tags = ["break", "emphasis", "lang", "phoneme", "prosody", "say-as", "s", "p", "sub"]
    assert not [tag for tag in tags if not any(f"<{tag}" in text for text in marked)]


def _paths(value: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, inner in value.items():
        yield before + name
        if isinstance(inner, dict):
            yield from _paths(inner, f"{before}{name}.")


def _values(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str):
                yield name, inner
            yield from _values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner)

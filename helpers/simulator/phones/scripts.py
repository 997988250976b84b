"""The script of a handset: what its person does, one step after another; checked whole before it is taken."""

from __future__ import annotations

import re
from typing import Any, TypeGuard
from urllib.parse import unquote, urlsplit

from ...base.errors import KitError
from ...base.web import fault_of
from ...calls.wording import words_of
from ...ncco.models.ssml import TEXT_LIMIT, spoken_length
from ...ncco.models.voices import languages
from ...server.sound_files import audio_files
from ...settings.project import audio

LONGEST = 366 * 24 * 3600.0
KEYS = re.compile(r"[0-9*#]+")
STATES = ("started", "finished")

# What each step may say beside "do".
STEPS: dict[str, set[str]] = {
    "answer": set(),
    "decline": set(),
    "wait": {"seconds"},
    "wait_for": {"text", "sound", "state", "timeout"},
    "press": {"digits"},
    "say": {"text", "language"},
    "play": {"url", "file"},
    "hang_up": set(),
}
EXAMPLES = (
    "{'do': 'answer'}, {'do': 'decline'}, {'do': 'wait', 'seconds': 2}, {'do': 'wait_for', 'text': 'press one'}, "
    "{'do': 'wait_for', 'sound': 'greeting.mp3'}, {'do': 'press', 'digits': '1#'}, {'do': 'say', 'text': 'yes'}, "
    "{'do': 'play', 'file': 'greeting.mp3'} and {'do': 'hang_up'}"
)


class HandsetError(KitError):
    """A phone was asked to do what it cannot do."""


def checked_script(steps: Any) -> list[dict[str, Any]]:
    """A script whose every step makes sense, and makes sense where it stands."""
    if not isinstance(steps, list):
        raise HandsetError(f"A script is a list of steps, not {steps!r}.", "Put square brackets around the step.")
    script = [checked_step(step) for step in steps]
    first = decision(script)
    if first is None:
        return script
    for step in script[:first]:
        if step["do"] != "wait":
            raise HandsetError(
                f"The phone cannot {step['do']} while it rings.",
                "Put {'do': 'answer'} before it; only wait may precede.",
            )
    later = [step["do"] for step in script[first + 1 :]]
    if script[first]["do"] == "decline" and later:
        raise HandsetError(f"After decline there is no call in which to {later[0]}.", "Let decline be the last step.")
    if "answer" in later or "decline" in later:
        raise HandsetError("A phone answers or declines once in a script.", "Take the second one out.")
    return script


def decision(script: list[dict[str, Any]]) -> int | None:
    """Where in a script the phone answers or declines; None: its behaviour says it."""
    return next((place for place, step in enumerate(script) if step["do"] in ("answer", "decline")), None)


def checked_step(step: Any) -> dict[str, Any]:
    """One step of a script: ``{"do": "press", "digits": "1#"}`` and its like."""
    do = step.get("do") if isinstance(step, dict) else None
    if not isinstance(do, str) or do not in STEPS or set(step) - {"do"} - STEPS[do]:
        raise HandsetError(f"A script cannot do {step!r}.", f"Steps are {EXAMPLES}.")
    if do == "wait":
        _need(step, "seconds", is_seconds)
    elif do == "press":
        _need(step, "digits", lambda digits: digits is not None)
        checked_keys(step["digits"])
    elif do == "say":
        _check_say(step)
    elif do == "play":
        _check_play(step)
    elif do == "wait_for":
        _check_wait_for(step)
    return dict(step)


def checked_keys(digits: Any) -> str:
    """Digits a phone has."""
    if not isinstance(digits, str) or not KEYS.fullmatch(digits):
        raise HandsetError(f"{digits!r} is nothing a keypad can send.", "Use 0-9, * and #, for example '1#'.")
    return digits


def is_seconds(value: Any) -> TypeGuard[float]:
    """True for a number of seconds that can be waited: 0 to a year."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST


def file_name(url: str) -> str:
    """The last part of a web address, or of a path: ``greeting.mp3``."""
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _need(step: dict[str, Any], field: str, fits: Any) -> None:
    if not fits(step.get(field)):
        raise HandsetError(f"The step {step!r} lacks its {field}.", f"Add '{field}': … to it: {_example(step['do'])}.")


def _example(do: str) -> str:
    return next(one[0] for one in re.finditer(r"\{[^}]*\}", EXAMPLES) if f"'{do}'" in one[0])


def _check_say(step: dict[str, Any]) -> None:
    _need(step, "text", lambda text: isinstance(text, str) and text.strip())
    if (length := spoken_length(step["text"])) > TEXT_LIMIT:
        raise HandsetError(
            f"A person does not say {length} characters at once.", f"Use {TEXT_LIMIT} or fewer to a step."
        )
    if step.get("language", "en-US") not in languages():
        raise HandsetError(f"Nobody here speaks {step['language']!r}.", "Use a language code such as 'en-GB'.")


def _check_play(step: dict[str, Any]) -> None:
    if ("url" in step) == ("file" in step):
        raise HandsetError(
            f"The step {step!r} needs a url or a file, and one of them only.",
            "Use {'do': 'play', 'url': 'http://…'} or {'do': 'play', 'file': 'greeting.mp3'}.",
        )
    if "url" in step:
        if fault := fault_of(str(step["url"])):
            raise HandsetError(f"{step['url']!r} {fault.said}.", fault.cure)
        return
    there = audio_files(audio())
    if not isinstance(step["file"], str) or step["file"] not in there:
        raise HandsetError(
            f"The kit has no sound {step['file']!r}.",
            f"It has {', '.join(there) or 'none'}; for a sound of your own use its url.",
        )


def _check_wait_for(step: dict[str, Any]) -> None:
    if ("text" in step) == ("sound" in step):
        raise HandsetError(
            f"The step {step!r} needs a text or a sound to wait for, and one of them only.",
            "Use {'do': 'wait_for', 'text': 'press one'} or {'do': 'wait_for', 'sound': 'greeting.mp3'}.",
        )
    if "text" in step and not (isinstance(step["text"], str) and words_of(step["text"])):
        raise HandsetError(f"There is no word in {step['text']!r}.", "Write the words as they are spoken.")
    if "sound" in step and not (isinstance(step["sound"], str) and file_name(step["sound"])):
        raise HandsetError(
            f"{step['sound']!r} is not the name of a file.", "Use the last part of its address: greeting.mp3."
        )
    if "state" in step and ("sound" not in step or step["state"] not in STATES):
        raise HandsetError(
            f"The state {step['state']!r} cannot be waited for.", "Beside sound it is 'started' or 'finished'."
        )
    if "timeout" in step and not is_seconds(step["timeout"]):
        raise HandsetError(f"{step['timeout']!r} is not a number of seconds.", "Use 0 or more, such as 'timeout': 10.")

"""The phone as a page: its parts, drawn once. What changes later is put in by name, as text, by ``phone.js``.

``data-text`` names the fact that is an element's text, ``data-when`` the flag that must be on for it to be seen,
``data-on`` the fact that says whether it is pressed. ``data-do`` is what a button tells Python.
"""

from __future__ import annotations

from ...base.html import Html, button, tag
from ...simulator.phones.handsets import MOST_SPOKEN
from ...simulator.sound.tones import KEYS

LETTERS = {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ", "0": "+"}
HELP = (
    "With the keyboard: 0–9 * # press, Enter answers or dials, Escape declines or hangs up. "
    "On the microphone, hold Space to talk."
)
NAMES = {"*": "star", "#": "hash"}

#: Name -> the lines of a drawing of 24 by 24.
LINES = {
    "phone": "M6.6 3.5l2.7 1 .9 4-2 1.7a13 13 0 0 0 5.6 5.6l1.7-2 4 .9 1 2.7c0 1.7-1.3 3.1-3 3.1A14.5 14.5 0 "
             "0 1 3.5 6.5c0-1.7 1.4-3 3.1-3z",
    "mic": "M12 3.5a2.8 2.8 0 0 1 2.8 2.8v5a2.8 2.8 0 0 1-5.6 0v-5A2.8 2.8 0 0 1 12 3.5zM6 11a6 6 0 0 0 12 0"
           "M12 17v3.5",
    "sound": "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
    "say": "M4 5h16v11h-8.5L7 20v-4H4zM8 9.5h8M8 12.5h5",
}  # fmt: skip


def page() -> Html:
    """Everything inside the phone."""
    device = tag("div", _head(), _screen(), _actions(), _keypad(), _entry(), _foot(), class_="kp-device")
    return tag("div", device, _side(), class_="kp-width")


def _head() -> Html:
    wake = button([_icon("sound"), tag("span", data_text="sound_word")], "sound", hint="Sound", data_on="sound",
                  class_="kp-sound")  # fmt: skip
    label = tag("h3", tag("span", data_text="name"), tag("small", data_text="number"), class_="kp-number")
    return tag("div", label, wake, class_="kp-head")


def _screen() -> Html:
    return tag(
        "div",
        button("Click once to turn the sound on", "wake", class_="kp-wake", data_when="asleep"),
        tag("div", _icon("phone"), class_="kp-badge", aria_hidden="true"),
        tag("p", data_text="title", class_="kp-title"),
        tag("p", data_text="other", class_="kp-other"),
        tag("p", _clock(), class_="kp-time", data_when="call"),
        tag("div", [tag("i") for _ in range(9)], class_="kp-level", data_when="call", aria_hidden="true"),
        tag("p", data_text="latest", class_="kp-latest", aria_hidden="true"),
        tag("p", data_text="note", class_="kp-note", role="status"),
        button("Let time run", "time", class_="kp-offer", data_when="still"),
        button("Start again", "again", class_="kp-offer", data_when="off"),
        tag("p", data_text="busy", class_="kp-busy", role="status"),
        class_="kp-screen",
    )


def _clock() -> Html:
    return tag("span", data_clock=True, role="timer", aria_label="Call time")


def _actions() -> Html:
    ringing = [_round("decline", "Decline", "kp-red"), _round("answer", "Answer", "kp-green")]
    mute = button([_icon("mic"), tag("span", data_text="mute_word")], "mute", hint="Mute", data_on="muted",
                  class_="kp-round")  # fmt: skip
    return tag(
        "div",
        tag("div", ringing, class_="kp-pair", data_when="ringing"),
        tag("div", [mute, _round("hang_up", "Hang up", "kp-red")], class_="kp-pair", data_when="call"),
        tag("div", _round("hang_up", "Hang up", "kp-red"), class_="kp-pair", data_when="calling"),
        tag("div", _round("dial", "Dial", "kp-green"), class_="kp-pair", data_when="idle"),
        class_="kp-actions",
    )


def _keypad() -> Html:
    keys = [_key(key) for row in KEYS for key in row]
    return tag("div", keys, class_="kp-keys", role="group", aria_label="Keypad: arrow keys move, 0-9 * # press")


def _key(key: str) -> Html:
    said = [tag("b", key, aria_hidden="true"), tag("small", LETTERS.get(key, "\u00a0"), aria_hidden="true")]
    first = "0" if key == "1" else "-1"
    return tag("button", said, type="button", data_key=key, aria_label=NAMES.get(key, key), tabindex=first)


def _entry() -> Html:
    """What is typed: a number to dial, or words to say. Or they are spoken."""
    number = _box("dial", "Dial a number", "idle", inputmode="tel")
    talk = button(_icon("mic"), "talk", hint="Hold to talk", class_="kp-go kp-talk", aria_pressed="false",
                  data_most=MOST_SPOKEN)  # fmt: skip
    words = tag("div", _box("say", "Say…", None), button(_icon("say"), "say", hint="Say", class_="kp-go"), talk,
                class_="kp-form", data_when="call")  # fmt: skip
    return tag("div", number, words, class_="kp-entry")


def _foot() -> Html:
    slider = tag("input", type="range", min="0", max="100", step="5", data_volume=True, aria_label="Volume")
    knob = tag("span", class_="kp-knob", aria_hidden="true")
    words = tag("span", tag("b", "I'll answer this phone"), tag("small", data_text="switch"), class_="kp-switch-words")
    switch = button([knob, words], "manual", role="switch", data_on="manual", class_="kp-switch")
    return tag("div", tag("label", tag("span", "Volume"), slider, class_="kp-volume"), switch, class_="kp-foot")


def _side() -> Html:
    captions = tag("ol", data_list="lines", class_="kp-lines", role="log", aria_live="polite", aria_label="Captions",
                   tabindex="0")  # fmt: skip
    calls = tag("ol", data_list="calls", class_="kp-calls", aria_label="Last calls")
    none = tag("p", "Captions appear here during a call.", data_when="silent", class_="kp-none")
    fresh = tag("p", "No calls yet.", data_when="fresh")
    heard = [tag("h4", "What is heard"), captions, none]
    done = [tag("h4", "Last calls"), calls, fresh]
    return tag("div", heard, done, tag("p", HELP, class_="kp-help"), class_="kp-side")


def _round(do: str, label: str, colour: str) -> Html:
    return button([_icon("phone"), tag("span", label)], do, class_=f"kp-round {colour}")


def _box(do: str, label: str, when: str | None, inputmode: str | None = None) -> Html:
    return tag("input", type="text", data_box=do, data_when=when, aria_label=label, placeholder=label,
               autocomplete="off", spellcheck="false", inputmode=inputmode, maxlength="500")  # fmt: skip


def _icon(name: str) -> Html:
    path = tag("path", d=LINES[name])
    style = f"kp-icon kp-icon-{name}"
    return tag("svg", path, class_=style, viewBox="0 0 24 24", aria_hidden="true", focusable="false")

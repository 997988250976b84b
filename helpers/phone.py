"""Phones for the lessons: simulated ones, and a stand-in for your own when the mode is live."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from .base.errors import KitError
from .base.view import View
from .calls.arguments import dialled

if TYPE_CHECKING:
    from .line.control_plane import ControlPlane
    from .widgets.phone.screens import Screens
    from .widgets.phone.widget import PhoneWidget


class PhoneError(KitError):
    """A phone did not do what the lesson waits for."""


class Phone:
    """A simulated handset. How it behaves holds for every call it gets, until it is changed."""

    def __init__(self, number: str, control: ControlPlane, screens: Screens | None = None) -> None:
        self.number = number
        self._control = control
        self._screens = screens

    def __repr__(self) -> str:
        now = next((p for p in self._control.phones() if p["number"] == self.number), None)
        if now is None:
            return f"Phone {self.number}: answers after 2 s, idle"
        whose = f"{now['name']}, {self.number}" if now.get("name") else f"Phone {self.number}"
        behaviour = "follows its script" if now["behaviour"] == "scripted" else now["behaviour"].replace("_", " ")
        after = "" if now["behaviour"] in ("manual", "scripted") else f" after {now['after']:g} s"
        return f"{whose}: {behaviour}{after}, {now['status']}"

    def _repr_html_(self) -> str:
        return f"<p>☎ {self!r}</p>"

    def show(self, *, manual: bool | None = None) -> PhoneWidget:
        """The phone, to look at, listen to and use. It blocks nothing: until you take it, it acts as it was set up.

        ``manual=True`` hands it to you, as the switch on it does: it rings until you answer, and time runs as in real
        life meanwhile; ``manual=False`` lets it act by itself again.
        """
        if self._screens is None:
            from .widgets.phone.screens import Screens

            self._screens = Screens(self._control)
        return self._screens.show(self.number, manual=manual)

    def named(self, name: str) -> Phone:
        """Give the phone the name of a person (at most 30 characters): phones and pictures show it from now on.

        >>> kit.phone("447700900002").named("Anna")
        """
        return self._configure(name=name)

    def answers(self, after: float = 2) -> Phone:
        """Ring for ``after`` seconds of call time (0 or more), then be picked up: for every call until it is changed.

        >>> kit.phone().answers(after=5)
        """
        return self._behave("answers", after)

    def busy(self) -> Phone:
        """Be engaged."""
        return self._behave("busy")

    def declines(self, after: float = 2) -> Phone:
        """Be declined after ``after`` seconds."""
        return self._behave("declines", after)

    def rings_out(self, after: float = 45) -> Phone:
        """Ring until the carrier gives up after ``after`` seconds."""
        return self._behave("rings_out", after)

    def out_of_service(self) -> Phone:
        """Be a number that has been given up."""
        return self._behave("out_of_service")

    def unreachable(self, after: float = 5) -> Phone:
        """Be switched off or without a signal, which the network finds out after ``after`` seconds."""
        return self._behave("unreachable", after)

    def no_such_number(self) -> Phone:
        """Be a number that nobody has."""
        return self._behave("no_such_number")

    def blocked(self) -> Phone:
        """Be where the platform has no route to."""
        return self._behave("blocked")

    def manual(self) -> Phone:
        """Ring until :meth:`answer` or :meth:`decline` is called."""
        return self._behave("manual")

    def voicemail(self, greeting: str | None = None, *, beep: bool = True, after: float = 5) -> Phone:
        """Ring for ``after`` seconds, then be an answering machine: it says its greeting, beeps and records."""
        words = {} if greeting is None else {"greeting": greeting}
        return self._configure(behaviour="voicemail", after=after, beep=beep, **words)

    def script(self, *steps: dict[str, Any] | list[dict[str, Any]]) -> Phone:
        """What the person does in a call, one step after another; ``script([])`` takes the script away again.

        Steps, each of which is over before the next begins::

            {"do": "answer"}  {"do": "decline"}           while it rings; without them the behaviour decides
            {"do": "wait", "seconds": 2}
            {"do": "wait_for", "text": "press one"}       until these words have been heard
            {"do": "wait_for", "sound": "greeting.mp3"}   until this file is over; "state": "started" until it begins
            {"do": "press", "digits": "1#"}
            {"do": "say", "text": "yes"}                  "language": "en-GB" if not American
            {"do": "play", "file": "greeting.mp3"}        one of the kit's sounds, or "url"
            {"do": "hang_up"}

        ``wait_for`` takes ``"timeout"``, after which the script goes on.

        >>> phone.script({"do": "wait_for", "text": "press one"}, {"do": "press", "digits": "1"})
        """
        given = steps[0] if len(steps) == 1 and not isinstance(steps[0], dict) else list(steps)
        return self._configure(script=given)

    def plays(self, sound: str) -> Phone:
        """Hold the phone to a loudspeaker as soon as the call is answered: a sound of the kit, or a web address."""
        return self.script({"do": "play", **_sound(sound)})

    def dial(self, number: str | None = None, **more: Any) -> str:
        """Call a number. Returns the uuid of the leg.

        A SIP address may add ``headers={"X-Customer": "17"}``; an app user ``custom_data={…}`` and the
        ``application_id`` it belongs to, and then needs no number.
        """
        to = {} if number is None and "application_id" in more else {"to": self._another(number)}
        return str(self._control.use(self.number, "dial", **to, **more)["uuid"])

    def _another(self, number: Any) -> str:
        if dialled(number) == self.number:
            raise PhoneError(f"{number} is this phone's own number: it cannot call itself.", "Dial another one.")
        return dialled(number)

    def answer(self) -> Phone:
        """Pick up a phone that is :meth:`manual` and rings."""
        return self._use("answer")

    def decline(self) -> Phone:
        """Refuse the call on a phone that is :meth:`manual` and rings."""
        return self._use("decline")

    def press(self, digits: str) -> Phone:
        """Press keys: 0-9, * and #, one every fifth of a second of call time.

        Raises :class:`ControlPlaneError` when the phone is not in a call that was answered, as the others here do.

        >>> kit.phone().press("1#")
        """
        return self._use("press", digits=digits)

    def say(self, text: str, language: str = "en-US") -> Phone:
        """Speak: 1 to 1,500 characters. ``language`` is a code such as ``en-GB``, which decides the voice."""
        return self._use("say", text=text, language=language)

    def play(self, sound: str) -> Phone:
        """Hold the phone to a loudspeaker now: ``"greeting.mp3"`` of the kit, or a web address."""
        return self._use("play", **_sound(sound))

    def hang_up(self) -> Phone:
        """End the call."""
        return self._use("hang_up")

    def _behave(self, behaviour: str, after: float | None = None) -> Phone:
        settings: dict[str, Any] = {"behaviour": behaviour} | ({} if after is None else {"after": after})
        return self._configure(**settings)

    def _configure(self, **settings: Any) -> Phone:
        self._control.configure(self.number, **settings)
        if self._screens is not None:
            self._screens.changed(self.number)
        return self

    def _use(self, what: str, **body: Any) -> Phone:
        self._control.use(self.number, what, **body)
        return self


def _sound(sound: str) -> dict[str, str]:
    """A web address, or the name of a sound of the kit."""
    is_url = isinstance(sound, str) and sound.lower().startswith(("http://", "https://"))
    return {"url" if is_url else "file": sound}


class Shown(View):
    """What is shown in place of a real phone."""

    def beside(self, *others: View) -> View:
        """This and others, as simulated phones stand in one row."""
        views = (self, *others)
        html = "".join(view.bundle["text/html"] for view in views)
        return View("\n".join(view.text for view in views), {"text/html": html})


class LivePhone:
    """Your own phone, in live mode: the kit cannot press its keys, so it tells you what to do and waits for it."""

    PATIENCE = 60.0  # seconds a person gets to dial

    def __init__(self, number: str, events: Iterable[Mapping[str, Any]], *, other: bool = False, who: str = "") -> None:
        """``other``: it is not MY_NUMBER, so what is to be done says with which phone; ``who`` does it, if not you."""
        self.number, self._events, self._who = number, events, who
        self._whose = who or (f"Phone {number}" if other else "")

    def __repr__(self) -> str:
        return f"Phone {self.number}: {self._who or 'your own'}"

    def show(self, *, manual: bool | None = None) -> View:
        """What to look at instead: your own phone. There is nothing to click in the notebook."""
        text = (
            f"Phone {self.number} is your own: it rings by itself when a call comes, and you answer it, press its keys "
            "and hang up there. What happens shows here: kit.panel()."
        )
        return Shown(text, {"text/html": f"<p>☎ {escape(text)}</p>"})

    def named(self, name: str) -> LivePhone:
        """Your own phone needs no name: it is the one in your hand."""
        return self

    def dial(self, number: str | None = None, **more: Any) -> str:
        """Ask you to dial, and wait for the call's first event. Returns the uuid of its leg."""
        if more or number is None:
            what = ", ".join(more) or "no number"
            raise PhoneError(
                f"Your own phone cannot dial with {what}.", "Use a simulated phone: VOICE_MODE=simulated in .env."
            )
        number = dialled(number)
        known = {event.get("uuid") for event in self._events}
        print(f"{self._who}: dial {number}." if self._who else f"Now dial +{number} on your phone.")
        deadline = time.monotonic() + self.PATIENCE
        while time.monotonic() < deadline:
            for event in self._events:
                if event.get("direction") == "inbound" and event.get("uuid") not in known:
                    return str(event["uuid"])
            time.sleep(0.2)
        raise PhoneError(
            f"Nobody called +{number} within {self.PATIENCE:g} seconds.",
            "Check that the number is linked to your application and that its event URL is your public address.",
        )

    def __getattr__(self, name: str) -> Any:
        if name not in TO_DO:
            raise AttributeError(name)

        def ask(*what: Any, **more: Any) -> LivePhone:
            words = TO_DO[name].format(" ".join(map(str, [*what, *more.values()]))).strip()
            print(f"{self._whose}: {words}" if self._whose else words)
            return self

        return ask


# What a person does in live mode, where the simulator would do it.
TO_DO = {
    "answers": "When your phone rings, answer it.",
    "busy": "Make your phone engaged: call somebody else with it.",
    "declines": "When your phone rings, decline the call.",
    "rings_out": "Let your phone ring.",
    "out_of_service": "Switch your phone off.",
    "manual": "Your phone will ring.",
    "voicemail": "Let your voicemail answer.",
    "script": "Follow the steps of the script on your phone.",
    "plays": "When your phone is answered, hold it to a loudspeaker that plays {}.",
    "play": "Hold your phone to a loudspeaker that plays {}.",
    "answer": "Answer your phone.",
    "decline": "Decline the call on your phone.",
    "press": "Press {} on your phone.",
    "say": "Say: {}",
    "hang_up": "Hang up your phone.",
}

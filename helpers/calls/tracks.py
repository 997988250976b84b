"""What runs side by side in a call, in seconds since its start: the timeline's picture and its words read this."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from ..audio.samples import SILENT, silences
from ..base.text import one_line
from .marks import Mark
from .record import Entry, Record, Span, TraceError
from .story import Story
from .wording import asked, input_of, sound_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 8000  # samples a second of what is drawn
SLOW = 0.25  # seconds from which a reply is drawn as a bar, and its silence named
FULL = 0.4  # the level that fills the height; louder sounds need more, and then everything is drawn smaller
# Sounds that are played beside what the NCCO says, and what they are called.
BESIDE = {"ringback": "ringback", "hold": "hold", "dtmf": "keys", "beep": "beep"}
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass
class Tracks:
    """The tracks of one leg."""

    call: Record
    leg: str
    silent: str = field(default="", init=False)  # why there is no sound, if there is none

    @cached_property
    def length(self) -> float:
        """Seconds from the start of the call to its last entry."""
        return max(self.call.since_start(self.call.entries()[-1]["at"]), 0.5)

    @cached_property
    def answered(self) -> float | None:
        """When this leg was answered; below zero if that was before it came into this conversation."""
        at = self.call.picked_up(self.leg)
        return None if at is None else self.call.since_start(at)

    @property
    def begin(self) -> float:
        """Where its line begins: at the answer, or at the start of this conversation, if it came in later."""
        return max(0.0, self.answered or 0.0)

    @cached_property
    def ended(self) -> float:
        """When this leg was over, or how far the record goes."""
        at = self.call.when("completed", self.leg)
        return self.length if at is None else self.call.since_start(at)

    @cached_property
    def ringing(self) -> Mark | None:
        """From ringing until whatever came next."""
        states = self.call.entries("status", leg=self.leg)
        begun = self.call.when("ringing", self.leg)
        later = [e for e in states if e["status"] not in ("started", "ringing")]
        if begun is None:
            return None
        end = self.call.since_start(later[0]["at"]) if later else self.length
        return Mark(self.call.since_start(begun), end, "ringing")

    @cached_property
    def webhooks(self) -> list[Mark]:
        """The requests to your server. One that took long has a length and says so."""
        story = Story(self.call)
        replies = {e["request"]: e for e in self.call.entries("reply")}
        return [self._webhook(e, replies.get(e["request"]), story) for e in self.call.entries("webhook", leg=self.leg)]

    def _webhook(self, e: Entry, reply: Entry | None, story: Story) -> Mark:
        payload, kind = e.get("payload") or {}, e["type"]
        name = one_line(payload.get("status") or kind, 30) if kind == "event" else str(kind)
        if kind == "input":
            name = f"input {one_line(input_of(payload) or 'nothing', 20)}"
        name += " again" if e.get("attempt") == 2 else ""
        start = self.call.since_start(e["at"])
        if reply is None:
            # The record of a live call is made from the events that came in: it knows no replies, and no URLs.
            return Mark(start, start, name, "no reply yet" if e["url"] else "", str(kind))
        seconds = max(float(reply.get("seconds") or 0), reply["at"] - e["at"])
        wrong = story.trouble(reply)
        said = [f"{seconds:.1f} s"] if seconds >= SLOW else []
        if wrong:
            answer = one_line(reply.get("error") or "not an NCCO", 40)
            said.append(f"✗ {answer}" if reply.get("status") is None else f"✗ {reply['status']}, {answer}".removesuffix(
                f", HTTP {reply['status']}"))  # fmt: skip
        return Mark(start, start + (seconds if seconds >= SLOW else 0), name, ", ".join(said), str(kind), bool(wrong),
                    slow=seconds >= SLOW)  # fmt: skip

    @cached_property
    def requests(self) -> list[Mark]:
        """What the API was asked to do with the call while it went on; the phone is named if it is another one."""
        marks = []
        for e in self.call.entries("request"):
            if e["method"] != "POST":
                at, whose = self.call.since_start(e["at"]), "" if e["leg"] == self.leg else f" {self._phone(e['leg'])}"
                refused = f"✗ {e['status']}" if e["status"] >= 400 else ""
                marks.append(Mark(at, at, f"{asked(e)}{whose}", refused, trouble=bool(refused)))
        return marks

    @cached_property
    def keys(self) -> list[Mark]:
        """What the person did: key presses and words."""
        marks = []
        for e in self.call.entries(leg=self.leg):
            if e["kind"] in ("key", "said"):
                at = self.call.since_start(e["at"])
                words = f"“{one_line(e['text'], 30)}”" if e.get("text") else sound_name(e) if e.get("url") else "a beep"
                said = one_line(e["digit"], 9) if e["kind"] == "key" else words
                marks.append(Mark(at, at, said))
        return marks

    @property
    def did(self) -> str:
        """What the lane of the keys is called: a person may also have spoken."""
        return "said" if self.call.entries("said", leg=self.leg) else "keys"

    @cached_property
    def actions(self) -> list[Mark]:
        """The NCCO actions, and sounds that were put into the call by REST."""
        ncco = [self._action(span) for span in self.call.actions if span.leg == self.leg]
        beside = [m for m in self.sounds if m.kind.startswith("rest") or m.kind in BESIDE]
        return sorted([*ncco, *beside], key=lambda m: m.start)

    def _action(self, span: Span) -> Mark:
        url = (span.options.get("streamUrl") or [""])[0]
        text = span.options.get("text")
        about = sound_name({"url": url}) if url else f"“{one_line(text, 40)}”" if text else ""
        odd = span.state if span.state in ("skipped", "failed", "stopped") else "" if span.end else "still running"
        note = f"{odd}: {one_line(span.why, 60)}" if odd and span.why else odd
        start, end = self.call.since_start(span.start), span.end
        last = self.length if end is None else self.call.since_start(end)
        return Mark(start, last, one_line(f"{span.action} {about}"), note, span.action, odd in ("skipped", "failed"))

    @cached_property
    def sounds(self) -> list[Mark]:
        """What was played to this leg, and until when."""
        marks = []
        for e in self.call.entries("sound", leg=self.leg, state="started"):
            rest = "REST " if str(e["source"]).startswith("rest") else ""
            verb = BESIDE.get(e["source"]) or ("talk" if str(e["source"]).endswith("talk") else "stream")
            what = verb if e["source"] == "beep" else f"{rest}{verb} {sound_name(e)}"
            marks.append(Mark(self.call.since_start(e["at"]), self.end_of(e), what, kind=e["source"]))
        return marks

    def end_of(self, sound: Entry) -> float:
        """When a sound was over, by itself or cut short."""
        stop = self._stops.get(sound["cue"], sound["ends"])
        return self.ended if stop is None else min(self.call.since_start(stop), self.ended)

    @cached_property
    def _stops(self) -> dict[int, float]:
        return {e["cue"]: e["at"] for e in self.call.entries("sound", leg=self.leg, state="stopped")}

    @cached_property
    def voices(self) -> list[Mark]:
        """What this leg heard of the people on the other legs, and until when."""
        marks = []
        for e in self.call.entries("said"):
            if e["leg"] != self.leg:
                what = f"“{one_line(e['text'], 24)}”" if e.get("text") else sound_name(e)
                over = min(e["at"] + e["seconds"], self.call.start + self.ended)
                for part in self.call.audible(self.leg, e, over):
                    a, b = map(self.call.since_start, part)
                    if self._is_loud(a, b):
                        marks.append(Mark(a, b, f"{self._phone(e['leg'])}: {what}", kind="voice"))
        return sorted(marks, key=lambda m: m.start)

    def _phone(self, leg: str) -> str:
        return Story(self.call).phone(leg)

    def _is_loud(self, begin: float, end: float) -> bool:
        """True when there is anything to hear."""
        return self._samples is None or self._loudest(begin, end) > SILENT

    def _loudest(self, begin: float, end: float) -> float:
        """The loudest sample between two moments, 0 to 1."""
        first = self.answered or 0.0
        a, b = (max(0, round((at - first) * RATE)) for at in (begin, end))
        if self._samples is None or not len(part := self._samples[a:b]):
            return 0.0
        return max(int(part.max()), -int(part.min())) / 32768

    @cached_property
    def _samples(self) -> NDArray[np.int16] | None:
        """What the leg heard, as it is in the file (two hours are not copied). None without sound; see ``silent``."""
        try:
            return self.call.samples(RATE, self.leg)
        except TraceError as error:
            self.silent = "not answered, nothing was heard" if self.answered is None else error.message
            return None

    @cached_property
    def quiet(self) -> list[tuple[float, float]]:
        """Where there was nothing to hear, for a quarter of a second or longer; empty where nobody knows."""
        if self._samples is None or self.answered is None:
            return []
        last = self.ended - self.answered
        spans = [(a, min(b, last)) for a, b in silences(self._samples, RATE)]
        # What is left over at the end is shorter than a window.
        spans = [(a, last if last - b < 0.05 else b) for a, b in spans]
        spans = [(max(0.0, self.answered + a), self.answered + b) for a, b in spans]
        return [(a, b) for a, b in spans if b - a >= 0.25]

    def envelope(self, columns: int) -> NDArray[np.float32] | None:
        """Loudest sample, 0 to 1, in each of ``columns`` parts of the call. None without sound; see ``silent``."""
        import numpy as np

        if self._samples is None:
            return None
        edges = np.linspace(0, self.length, columns + 1)
        return np.array([self._loudest(a, b) for a, b in pairwise(edges)], dtype=np.float32)

    def sparkline(self, columns: int = 72) -> str:
        """The envelope in block characters from the answer to the end, a dot where there is nothing to hear."""
        levels = self.envelope(columns)
        if levels is None:
            return self.silent
        first = int(self.begin / self.length * columns)
        last = round(self.ended / self.length * columns)
        most = max(FULL, float(levels.max()))
        blocks = ["·" if x < SILENT else BLOCKS[min(7, int(x / most * 8))] for x in levels[first:last]]
        return " " * first + "".join(blocks)

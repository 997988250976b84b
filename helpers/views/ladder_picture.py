"""Draws the ladder: a lane for each who takes part, time downwards, an arrow for each step."""

from __future__ import annotations

from ..base.text import one_line
from ..calls.story import Step
from .svg import WIDTH, Svg, fit, number, text_width

LANE = 140  # pixels that a lane takes at least
EDGE = 64  # from the last lane to the right edge
HEAD, LINE, ARROW, GAP = 46, 14, 9, 5  # heights: names of lanes, a line of words, from words to arrow, between steps
LINES = 4  # of words over an arrow
REPEAT = 24  # steps after which the names of the lanes come again at the foot


def draw(lanes: dict[str, str], steps: list[Step], title: str) -> tuple[str, list[tuple[float, float]]]:
    """The ladder as SVG, and for each step where it begins in the picture, as a part of its height."""
    picture, tops = LadderPicture(lanes, max((step.at for step in steps), default=0.0)), []
    for step in steps:
        tops.append(picture.y)
        picture.step(step)
    svg = picture.whole(f"Ladder of {title}", len(steps))
    return svg, [(step.at, round(top / picture.svg.height, 4)) for step, top in zip(steps, tops, strict=True)]


def label(step: Step) -> str:
    """A step in words; trouble says so, and says what it is."""
    told = f"{step.text} · {step.detail}" if step.trouble and step.detail else step.text
    return one_line(f"✗ {told}" if step.trouble else told, 200)


class LadderPicture:
    """One ladder while it is drawn."""

    def __init__(self, lanes: dict[str, str], last: float) -> None:
        self.lanes = lanes
        self.times = max(54.0, text_width(f"{last:.1f} s") + 12)  # the column of times
        self.width = max(WIDTH, self.times + LANE * (len(lanes) - 1) + 2 * EDGE)
        apart = (self.width - self.times - 2 * EDGE) / max(1, len(lanes) - 1)
        self.x = {lane: self.times + EDGE + place * apart for place, lane in enumerate(lanes)}
        self.svg = Svg(self.width)
        self.y = float(HEAD + 8)

    def whole(self, title: str, steps: int) -> str:
        """The picture, with the lanes beneath the steps."""
        foot = HEAD if steps > REPEAT else 0
        drawn, self.svg._parts = self.svg._parts, []
        for lane, name in self.lanes.items():
            x = self.x[lane]
            self.svg.line(x, HEAD - 4, x, self.y + 6, "edge", stroke_width=1.2)
            for top in (4.0, self.y + 6) if foot else (4.0,):
                self._name(name, x, top)
        self.svg._parts += drawn
        return self.svg.whole(self.y + 10 + foot, title, "From the left: " + ", ".join(self.lanes.values()) + ".")

    def _name(self, name: str, x: float, top: float) -> None:
        """The head of a lane: one or two lines in a box."""
        room = LANE - 12
        first, _, rest = name.partition(" ")
        lines = [name] if text_width(name) <= room else [first, rest] if rest else [name]
        lines = [fit(line, room - 8) for line in lines]
        size = max(max(text_width(line) for line in lines) + 16, 70)
        self.svg.rect(x - size / 2, top, size, HEAD - 8, "quiet", stroke="edge", rx=5)
        for row, line in enumerate(lines):
            self.svg.text(x, top + (HEAD - 8) / 2 + (row - (len(lines) - 1) / 2) * LINE, line, "m b")

    def step(self, step: Step) -> None:
        """One step: its time, its words, its arrow."""
        if step.fold:
            self._fold(step)
            return
        a, b = self.x[step.source], self.x[step.target]
        words, note = label(step), a == b
        span = abs(a - b) - 14
        lines = wrapped(words, span if text_width(words) <= span else max(span, 300))
        size = max(map(text_width, lines)) + (16 if note else 0)
        middle = min(max((a + b) / 2, self.times + size / 2 + 2), self.width - size / 2 - 4)
        top = self.y
        look = "m h" + (" x" if step.trouble else "")
        if note:
            height = len(lines) * LINE + 6
            self.svg.rect(middle - size / 2, top, size, height, "quiet", stroke="red" if step.trouble else "edge", rx=4)
            top, look = top + 3, look.replace(" h", "")
        for row, line in enumerate(lines):
            self.svg.text(middle, top + row * LINE + LINE / 2, line, look)
        self.y = top + len(lines) * LINE
        at = self.y - LINE / 2
        if note:
            self.y += 3
            at = (top + self.y) / 2 - 1
        else:
            self.y += ARROW - 3
            self._arrow(a, b, self.y, step)
            at = self.y - 6
        self.svg.text(self.times - 8, at, f"{step.at:.1f} s", "r p")
        self.y += GAP + 3

    def _arrow(self, a: float, b: float, y: float, step: Step) -> None:
        """From lane to lane: solid for what is told, dashed for a reply, red with a cross for trouble."""
        way = 1 if b > a else -1
        colour = "red" if step.trouble else "blue"
        dashed = {"stroke_dasharray": "5 4"} if step.reply else {}
        self.svg.line(a, y, b - 6 * way, y, colour, stroke_width=1.5, **dashed)
        if step.trouble and step.reply:
            self.svg.path(f"M{number(b - 6 * way)} {number(y)}m-4-4l8 8m0-8l-8 8", stroke="red", stroke_width=2)
        else:
            self.svg.path(f"M{number(b - 1 * way)} {number(y)}l{-8 * way}-4v8z", colour)

    def _fold(self, step: Step) -> None:
        """Steps that are left out: a band from edge to edge."""
        self.svg.rect(self.times, self.y, self.width - self.times - 6, LINE + 8, "wait", rx=4)
        self.svg.text(
            (self.times + self.width) / 2, self.y + LINE / 2 + 4, fit(step.text, self.width - self.times - 20), "m"
        )
        self.svg.text(self.times - 8, self.y + LINE / 2 + 4, f"{step.at:.1f} s", "r p")
        self.y += LINE + 8 + GAP + 3


def wrapped(text: str, room: float) -> list[str]:
    """A text in at most :data:`LINES` lines of ``room`` pixels, all about as long; what is too long is cut."""
    lines = _broken(text, room)
    even = text_width(text) / len(lines)
    tries = (_broken(text, min(room, even * part)) for part in (1.05, 1.15, 1.3))
    narrow = next((one for one in tries if len(one) == len(lines)), lines)
    if len(narrow) > LINES:
        narrow = [*lines[: LINES - 1], " ".join(lines[LINES - 1 :])]
    return [fit(line, room) for line in narrow]


def _broken(text: str, room: float) -> list[str]:
    """A text in lines; a word that is longer than a line has one of its own."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines

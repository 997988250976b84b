"""Two calls beside one another, from the answer on: the picture of both, and in words what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

from ..base.text import columns, one_line
from ..calls.marks import Mark
from ..calls.record import Record
from ..calls.silences import silences
from ..calls.tracks import Tracks
from .svg import WIDTH, Picture

NAMES = ("A", "B")
SAME = 0.1  # seconds: what differs by less is the same
MOST = 60  # rows
Row = list[str]
Both = tuple[float | None, float | None]  # of the first and the second call; None: not there


class Comparison(Picture):
    """Two calls. ``.differences`` has a row for each thing that differs: what, in one, in the other, in words."""

    def __init__(self, text: str, svg: str, differences: list[Row]) -> None:
        super().__init__(text, svg)
        self.differences = differences


def compare_calls(a: Record, b: Record) -> Comparison:
    """What differs between the first legs of two calls: which action took longer, which webhook was slower, which
    silence is new. Both count from the answer; a call that nobody answered counts from its start.
    """
    from .timeline_picture import Timeline

    pair = Tracks(a, a.leg), Tracks(b, b.leg)
    rows = [*_lengths(*pair), *_matched("action", pair, lambda t: t.actions, _action),
            *_matched("webhook", pair, _hooks, _slower), *_silences(*pair)]  # fmt: skip
    different = [row for row in rows if row[3]]
    heads = [f"{name}  {call!r}" for name, call in zip(NAMES, (a, b), strict=True)]
    table = [["", *NAMES, ""], *different[:MOST]]
    more = [f"and {len(different) - MOST} more differences"] if len(different) > MOST else []
    alike = f"The same in both: {len(rows) - len(different)} of {len(rows)} actions, webhooks, silences and lengths."
    told = [*columns(table, right=(1, 2)), *more, alike] if different else ["No difference.", alike]
    text = "\n".join([*heads, "Seconds since the answer." if _both(pair) else NOT_ANSWERED, "", *told])
    axis = "seconds since the answer" if _both(pair) else "seconds since the answer, or the start of the call"
    legs = [(_head(name, t.call), t, t.answered or 0.0) for name, t in zip(NAMES, pair, strict=True)]
    words = "; ".join(f"{row[0]}: {row[3]}" for row in different)
    svg = Timeline(legs, WIDTH, axis).draw("Two calls compared", words)
    return Comparison(text, svg, different)


def _head(name: str, call: Record) -> str:
    talk = call.status if call.duration is None else f"{call.duration:.1f} s of talk"
    return f"{name} · {call.from_} → {call.to}, {talk}"


NOT_ANSWERED = "Seconds since the answer; a call that was not answered counts from its start."


def _both(pair: Iterable[Tracks]) -> bool:
    return all(tracks.answered is not None for tracks in pair)


def _lengths(a: Tracks, b: Tracks) -> list[Row]:
    """How long both rang and talked."""
    return [_row("rings", (_took(a.ringing), _took(b.ringing))), _row("talk", (a.call.duration, b.call.duration))]


def _took(mark: Mark | None) -> float | None:
    return None if mark is None else mark.end - mark.start


def _row(what: str, both: Both, more: str = "longer", less: str = "shorter") -> Row:
    """One thing in both calls, in seconds, and how they differ."""
    a, b = both
    told = ["–" if seconds is None else f"{seconds:.1f} s" for seconds in both]
    if a is None or b is None:
        return [what, *told, "" if a is b else f"only in {NAMES[0] if b is None else NAMES[1]}"]
    if abs(b - a) < SAME:
        return [what, *told, ""]
    return [what, *told, f"{abs(b - a):.1f} s {more if b > a else less} in {NAMES[1]}"]


def _matched(
    what: str, pair: tuple[Tracks, Tracks], marks: Callable[[Tracks], list[Mark]],
    row: Callable[[str, Mark | None, Mark | None], Row],
) -> list[Row]:  # fmt: skip
    """The things of one kind in both calls: the first of a name with the first, the second with the second."""
    found: dict[tuple[str, int], list[Mark | None]] = {}
    for place, tracks in enumerate(pair):
        counts: defaultdict[str, int] = defaultdict(int)
        for mark in marks(tracks):
            counts[mark.label] += 1
            found.setdefault((mark.label, counts[mark.label]), [None, None])[place] = mark
    return [row(f"{what} {name}{f' ({count})' if count > 1 else ''}", *both) for (name, count), both in found.items()]


def _action(name: str, a: Mark | None, b: Mark | None) -> Row:
    row = _row(name, (_took(a), _took(b)))
    notes = [m.note if m else "" for m in (a, b)]
    if a and b and notes[0] != notes[1]:
        ended = " and ".join(f"{note or 'finished'} in {name}" for note, name in zip(notes, NAMES, strict=True))
        row[3] = "; ".join(filter(None, [row[3], ended]))
    return row


def _hooks(tracks: Tracks) -> list[Mark]:
    """The webhooks by what they are, with the time each reply really took."""
    call = tracks.call
    replies = {e["request"]: e for e in call.entries("reply")}
    marks = []
    for hook, mark in zip(call.entries("webhook", leg=tracks.leg), tracks.webhooks, strict=True):
        path = one_line(unquote(urlsplit(hook["url"]).path), 40)
        status = (hook.get("payload") or {}).get("status")
        told = one_line(status, 20) if hook["type"] == "event" and status else ""
        name = one_line(f"{hook['method']} {path} {told}".strip() if hook["url"] else mark.label, 60)
        reply = replies.get(hook["request"])
        took = 0.0 if reply is None else max(float(reply.get("seconds") or 0), reply["at"] - hook["at"])
        marks.append(Mark(mark.start, mark.start + took, name, mark.note if mark.trouble else "", trouble=mark.trouble))
    return marks


def _slower(name: str, a: Mark | None, b: Mark | None) -> Row:
    took = _took(a), _took(b)
    row = _row(name, took, more="slower", less="faster")
    if a and b and a.note != b.note and (a.trouble or b.trouble):
        wrong = " and ".join(f"{m.note or 'fine'} in {n}" for m, n in zip((a, b), NAMES, strict=True))
        row[3] = "; ".join(filter(None, [row[3], wrong]))
    return row


def _silences(a: Tracks, b: Tracks) -> list[Row]:
    """Silences of one call that have no counterpart, by reason and place, in the other; and those that got longer."""
    rows: list[Row] = []
    mine, theirs = ([_from_answer(t, m) for m in silences(t)] for t in (a, b))
    left = list(theirs)
    for one in mine:
        twin = next((t for t in left if _reason(t) == _reason(one)), None)
        if twin is not None:
            left.remove(twin)
        rows.append(_silence(one, twin))
    return rows + [_silence(None, one) for one in left]


def _from_answer(tracks: Tracks, mark: Mark) -> Mark:
    zero = tracks.answered or 0.0
    return Mark(mark.start - zero, mark.end - zero, mark.label, mark.note, mark.kind, mark.trouble)


def _reason(mark: Mark) -> str:
    """Why, without how long."""
    return mark.label.partition(",")[0]


def _silence(a: Mark | None, b: Mark | None) -> Row:
    known = b or a
    assert known is not None
    row = _row(f"silence: {_reason(known)}", (_took(a), _took(b)))
    if a is None or b is None:
        where = f"{known.start:.1f}–{known.end:.1f} s"
        row[3] = f"new in {NAMES[1]}, at {where}" if a is None else f"not in {NAMES[1]}; in {NAMES[0]} at {where}"
    return row

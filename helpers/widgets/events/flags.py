"""What the event panel points out: each flag is a sign, a word, and one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...base.text import is_json, nearest, one_line
from ...calls.explain import explain
from ...calls.explanations import TABLE
from ...ncco import check
from ...wire.exchanges import GOOD, MISSING, RoundTrip

# Seconds that Vonage waits for a reply unless the application says otherwise (OpenAPI application.v2).
ANSWER_WAITS, EVENT_WAITS = 5.0, 10.0
NEAR = 0.6  # of that time: from here a reply is called slow
BAD, ODD, AGAIN = "✗", "!", "↻"


@dataclass(frozen=True)
class Flag:
    """Something to look at: ``✗`` is wrong or missing, ``!`` is odd or nearly wrong, ``↻`` came again."""

    sign: str
    word: str
    advice: str

    def __str__(self) -> str:
        return f"{self.sign} {self.word}: {self.advice}"


UNSIGNED = Flag(BAD, "not signed", "Vonage's other requests are signed and this is not: do not trust it.")
UNREADABLE = Flag(ODD, "not JSON", "Events are JSON objects: check the sender's body and its Content-Type.")


def flags_of(exchange: RoundTrip, kind: str, paths: Iterable[str] = ()) -> list[Flag]:
    """What is to be said about one request by itself. ``kind`` as in :func:`~helpers.wire.kind`; ``paths``: served."""
    found = [*_reply_flags(exchange, kind, paths), *_time_flags(exchange, kind)]
    if kind and kind != "answer" and exchange.method == "GET":
        advice = "Events come by POST unless the application's event_url says GET: set its http_method to POST."
        found.append(Flag(ODD, "GET", advice))
    if kind and exchange.signature not in (None, GOOD, MISSING):
        advice = f"Do not trust it: {exchange.signature}. If it is yours, compare VONAGE_SIGNATURE_SECRET in .env."
        found.append(Flag(BAD, "wrong signature", advice))
    return found


def _reply_flags(exchange: RoundTrip, kind: str, paths: Iterable[str]) -> list[Flag]:
    status, path = exchange.status, one_line(exchange.path, 60)
    if exchange.refused:
        advice = f"The guard let nobody through to {path}: {exchange.refused}. docs/live.md says what it wants."
        again = " Vonage sends it once more, signed." if status == 503 else ""
        return [Flag(ODD, "turned away", advice + again)]
    if status is None:
        return [Flag(BAD, "not delivered", _nobody(exchange))] if exchange.error else []
    if status == 404:
        near = nearest(exchange.path, sorted(set(paths)))
        hint = f" Did you mean {one_line(near, 60)}?" if near else ""
        return [Flag(BAD, "404", f"No route takes {path}: give your app that route, or correct the address.{hint}")]
    if status == 405:
        advice = f"The route {path} does not take {exchange.method}: add it to its methods, or change the application."
        return [Flag(BAD, "405", advice)]
    if status == 503:
        return [Flag(BAD, "503", "Nobody serves this: hand your app to the server with kit.serve(app).")]
    if status >= 400:
        return [Flag(BAD, str(status), explain({"kind": "reply", "status": status}).next_step)]
    if kind and status >= 300:
        return [Flag(BAD, str(status), "Redirects are not followed: use the address that it leads to.")]
    if kind == "answer" and (wrong := _no_ncco(exchange)):
        return [Flag(BAD, "no NCCO", wrong)]
    return []


def _no_ncco(exchange: RoundTrip) -> str:
    """Why the reply to an answer webhook is not an NCCO, and what to do; empty if it is one."""
    body = (exchange.response_body or "").strip()
    content_type = next((v for k, v in exchange.response_headers.items() if k.lower() == "content-type"), "")
    if not body or not is_json(content_type):
        return TABLE[f"webhook:{'empty' if not body else 'html' if 'html' in content_type.lower() else 'type'}"][2]
    return next((str(problem) for problem in check(body) if problem.severity == "error"), "")


def _nobody(exchange: RoundTrip) -> str:
    why = str(exchange.error)
    if "refused" in why:
        return "Nobody listens at this address: start your server there, or correct the address in the application."
    if "no route" in why:
        return "The simulated network reaches this machine only: use the address of kit.tunnel.on()."
    return f"It did not get through ({one_line(why, 60)}): open the address yourself, it must answer."


def _time_flags(exchange: RoundTrip, kind: str) -> list[Flag]:
    limit, took = ANSWER_WAITS if kind == "answer" else EVENT_WAITS, exchange.ms / 1000
    if not kind or exchange.status is None or took < NEAR * limit:
        return []
    after = "reply first, and do the work in a thread."
    if took >= limit:
        return [Flag(BAD, "too slow", f"It took {took:.1f} s and Vonage waits {limit:g} s: {after}")]
    return [Flag(ODD, "slow", f"It took {took:.1f} s of the {limit:g} s that Vonage waits: {after}")]


def repeated(retry: bool) -> Flag:
    """The same event once more. ``retry``: the first one was not answered well."""
    if retry:
        return Flag(AGAIN, "repeated", "It is sent once more because your first reply failed: mend the route.")
    return Flag(AGAIN, "repeated", "The same event came before: events may come twice, so count each only once.")


def late(overtaken: str) -> Flag:
    """It happened before one that has already come."""
    name = one_line(overtaken, 30)
    return Flag(ODD, "late", f"It happened before {name}, but came after it: sort events by their timestamp.")


def missing(name: str, why: str) -> Flag:
    """An event that should be there."""
    return Flag(BAD, f"no {name}", f"{why}: check that event_url leads here, and what your route replied.")


def silent(why: str) -> Flag:
    """A call from which nothing at all came, where something should have come long since."""
    return Flag(BAD, "nothing arrived", f"Nothing of this call has arrived at your server. {why}")


def quiet(which: str, seconds: float) -> Flag:
    """An answered call of which nothing has been heard for long, where nobody can tell whether it is over."""
    advice = (
        f"Nothing came{which} for {seconds:g} s. Fine while you talk; if it is over, check that event_url leads here."
    )
    return Flag(ODD, "no completed yet", advice)


def words(flags: Iterable[Flag]) -> list[list[str]]:
    """Flags for the browser."""
    return [[flag.sign, flag.word, flag.advice] for flag in flags]

"""The teacher's board: who is here, what they do, what goes wrong; a call to all, faults, the end of the class.

A page behind a code of its own, which is shown in the terminal and nowhere else: the address is on the beamer.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from ..routes.trace_stream import BEAT, EVENT_STREAM
from ..routes.voice import json_body
from ..waiting import first_of
from .accounts import Accounts, ClassError, Member, code_of, same
from .group_call import GroupCall
from .joining import Guesses, token_in

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
FILES = {"board.js": "text/javascript", "board.css": "text/css"}
COOKIE = "board"
SIGNED_IN = 12 * 3600.0  # real seconds
MOST_SESSIONS = 20
TICK = 0.25  # real seconds between two looks at whether there is news
BEATS = 40  # ticks without news, until a line says that the connection still stands
EVERYBODY = "everybody"
LONGEST_TEXT = 300  # characters that are said to everybody
WHY = {"wrong": "This is not the code.", "wait": "There were too many wrong codes. Wait a moment, then try again."}
FAULTS = {"answer_slow": "Slow answers", "line_busy": "Busy lines", "audio_404": "Audio 404"}  # as the buttons say
GUARD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Not no-referrer: a browser would then name no Origin when the form is sent.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip


class Sessions:
    """Who has signed in: nothing but random texts in cookies, in memory."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def begin(self) -> str:
        """A new one. Of too many the oldest is over."""
        for old in list(self._until)[: -MOST_SESSIONS + 1]:
            del self._until[old]
        self._until[new := secrets.token_urlsafe(32)] = time.monotonic() + SIGNED_IN
        return new

    def has(self, session: str) -> bool:
        """Whether it still goes on."""
        return self._until.get(session, 0) > time.monotonic()

    def end(self, session: str) -> None:
        """Sign out."""
        self._until.pop(session, None)


class Board:
    """What the board shows, and what can be done there."""

    def __init__(self, accounts: Accounts, call: GroupCall) -> None:
        self._accounts, self._call = accounts, call
        self._deleted = 0  # accounts, when the class was ended

    def room(self) -> dict[str, Any]:
        """What is shown once."""
        own = self._accounts
        gone = 0 if own.members else self._deleted
        return {"word": own.word if own.open else "", "open": own.open, "deleted": gone, "call": self._call.shown()}

    def rows(self) -> dict[str, dict[str, Any]]:
        """What is shown of each, by a key."""
        return {key: self._row(member) for key, member in self._accounts.members.items()}

    def _row(self, member: Member) -> dict[str, Any]:
        faults = [name for name in FAULTS if name in member.network.faults]
        return {**member.shown(), **member.latest.shown(), "faults": faults, "lessons": member.lessons}

    async def do(self, order: dict[str, Any]) -> str:
        """Do what a button says; ``who``: for one by name, else for all. What was done, in words. Raises ClassError."""
        own, who = self._accounts, order.get("who")
        all_of_them = list(own.members.values())
        chosen = all_of_them if who is None else [own.named(str(who))]
        whom = EVERYBODY if who is None else chosen[0].name
        doing: dict[str, Callable[[], Awaitable[str]]] = {
            "ring": lambda: self._ring(chosen, whom, order, together=False),
            "conference": lambda: self._ring(chosen, whom, order, together=True),
            "say": lambda: self._say(order),
            "hang_up": self._hang_up,
            "fault": lambda: self._fault(chosen, whom, order),
            "begin_again": lambda: self._begin_again(chosen, whom),
            "remove": lambda: self._remove([] if who is None else chosen),
            "door": lambda: self._door(order),
            "end": self.end,
        }  # fmt: skip
        what = doing.get(str(order.get("what")))
        if what is None:
            raise ClassError("The board has no such button.", f"It has {', '.join(doing)}.", status=400)
        return await what()

    async def _ring(self, chosen: Iterable[Member], whom: str, order: dict[str, Any], *, together: bool) -> str:
        text = _text(order)
        if not text and not together:
            raise ClassError("There is nothing to be heard.", "Write what the phones are to say.", status=400)
        await self._call.begin([one.phone for one in chosen], text, together=together)
        return f"{whom.capitalize() if whom == EVERYBODY else whom}'s phone rings."

    async def _say(self, order: dict[str, Any]) -> str:
        self._call.say(_text(order))
        return "It is said to everybody in the call."

    async def _hang_up(self) -> str:
        self._call.hang_up()
        return "The call is over."

    async def _fault(self, chosen: Iterable[Member], whom: str, order: dict[str, Any]) -> str:
        name, on = order.get("name"), order.get("on")
        if name not in FAULTS or not isinstance(on, bool):
            raise ClassError("This is not a fault of the board.", f"It has {', '.join(FAULTS)}.", status=400)
        for member in chosen:
            member.network.faults.change({name: {} if on else None})
        return f"{FAULTS[name]}: {'on' if on else 'off'} for {whom}."

    async def _begin_again(self, chosen: Iterable[Member], whom: str) -> str:
        for member in chosen:
            await member.begin_again()
        return f"Begun again for {whom}: no numbers, no applications, no calls, no faults."

    async def _remove(self, chosen: Iterable[Member]) -> str:
        for member in chosen:
            await self._accounts.remove(member)
        return "The account is deleted."

    async def _door(self, order: dict[str, Any]) -> str:
        self._accounts.set_open(order.get("open") is True)
        return "The door is open, with a new word." if self._accounts.open else "Nobody can join now."

    async def end(self) -> str:
        """The end of the class."""
        self._deleted = len(self._accounts.members)
        await self._call.forget()
        await self._accounts.end()
        return f"The class is over. Accounts deleted: {self._deleted}."

    async def news(self, closing: asyncio.Event, goes_on: Callable[[], bool]) -> AsyncIterator[str]:
        """Server-sent events: the room and everybody's row, from then on what has changed. A row of null is gone."""
        seen: dict[str, Any] = {}
        quiet = 0
        while goes_on() and not closing.is_set():
            now = {"": self.room(), **self.rows()}
            changed: dict[str, Any] = {key: row for key, row in now.items() if seen.get(key) != row}
            changed |= dict.fromkeys(seen.keys() - now.keys())
            seen, quiet = now, 0 if changed or not seen else quiet + 1
            if changed:
                yield f"data: {json.dumps(changed, ensure_ascii=False, separators=(',', ':'))}\n\n"
            elif quiet % BEATS == 0:
                yield BEAT
            await first_of(closing.wait(), asyncio.sleep(TICK))


def _text(order: dict[str, Any]) -> str:
    text = order.get("text", "")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ClassError("This cannot be said.", f"Write a text of {LONGEST_TEXT} characters at most.", status=400)
    return " ".join(text.split())


def board_api(board: Board, teacher: str, closing: asyncio.Event) -> APIRouter:
    """The page and what it asks for. Who has the teacher's token may ask without signing in."""
    router, sessions, guesses, code = APIRouter(prefix="/class/board"), Sessions(), Guesses(), code_of(teacher)

    def is_signed_in(request: Request) -> bool:
        return sessions.has(request.cookies.get(COOKIE, ""))

    def check(request: Request) -> None:
        """Raises ClassError. A cookie counts for nothing but this page: another page's request says where it is of."""
        if same(token_in(request.headers.get("authorization", "")), teacher):
            return
        if not is_signed_in(request) or not (request.method == "GET" or _is_own(request)):
            raise ClassError("This is the teacher's.", "Sign in at the board.", status=401)

    @router.get("")
    async def show(request: Request, why: str = "") -> Response:
        name = "board.html" if is_signed_in(request) else "sign_in.html"
        text = (HERE / name).read_text("utf-8").replace("{why}", WHY.get(why, ""))
        return HTMLResponse(text, headers=GUARD)

    @router.get("/")
    async def show_without_slash() -> Response:
        return RedirectResponse("../board")

    @router.get("/{name}")
    async def file(request: Request, name: str) -> Response:
        if name == "events":
            check(request)
            return StreamingResponse(board.news(closing, lambda: goes_on(request)), media_type=EVENT_STREAM,
                                     headers={"Cache-Control": "no-store"})  # fmt: skip
        if name not in FILES:
            raise ClassError("Nothing is here.", "The board is at /class/board.", status=404)
        return Response((HERE / name).read_bytes(), media_type=FILES[name], headers={"Cache-Control": "no-cache"})

    def goes_on(request: Request) -> bool:
        return COOKIE not in request.cookies or is_signed_in(request)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        given = parse_qs((await request.body())[:1000].decode("latin-1")).get("code", [""])[0].strip().lower()
        peer = request.client.host if request.client else ""
        try:
            guesses.check(peer)
        except ClassError:
            return RedirectResponse("../board?why=wait", 303)
        if not _is_own(request) or not (same(given.replace(" ", "").replace("-", ""), code.replace("-", ""))
                                        or same(given, teacher.lower())):  # fmt: skip
            guesses.was_wrong(peer)
            return RedirectResponse("../board?why=wrong", 303)
        answer = RedirectResponse("../board", 303)
        # No path: a browser takes the folder of this request, wherever a hub puts it.
        answer.set_cookie(COOKIE, sessions.begin(), path=None, httponly=True, samesite="strict",
                          secure=request.headers["origin"].startswith("https:"))  # fmt: skip
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        check(request)
        sessions.end(request.cookies.get(COOKIE, ""))
        return RedirectResponse("../board", 303)

    @router.post("/do")
    async def do(request: Request) -> dict[str, str]:
        check(request)
        return {"done": await board.do(await json_body(request))}

    return router


def _is_own(request: Request) -> bool:
    """Whether it comes from a page of this exchange: a browser says so with whatever it posts."""
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == request.headers.get("host", "")

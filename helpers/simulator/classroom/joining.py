"""Who may join, who is here, the way down to a kernel: ``/class…`` and ``/t/…``. See docs/classroom.md."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse

from ...base.web import fault_of
from ...line.link import PIECE
from ..routes.voice import json_body
from ..webhooks.audio_fetcher import LARGEST
from ..webhooks.web_client import WebError
from .accounts import Accounts, ClassError, Member, key_of, same

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

FREE = 10  # wrong words from one address, until each of them costs PAUSE
PAUSE = 1.0  # real seconds
MOST_TRIES = 20  # words a second that are looked at, from everywhere
REPLY_SECONDS = 30.0  # that an own request waits for the own server
# What belongs to one connection (RFC 9110, 7.6.1), and what is written anew.
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "date", "server"}
MOST_TASKS = 50  # of a lesson, and lessons
NAME = re.compile(r"[\w-]{1,20}", re.ASCII)
PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>Exchange</title>
<body style="font-family: system-ui; margin: 15vh auto; max-width: 32em; padding: 0 1em">
<h1>The way is free.</h1><p>This is the exchange of a class. {}</p>"""


class Guesses:
    """Slows down who tries words. It goes by the address a request comes from, and by how many come in all."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}  # how many, and the last one's time
        self._second, self._tries = 0, 0

    def check(self, peer: str) -> None:
        """Raises ClassError when it is too soon for another word."""
        now = time.monotonic()
        count, last = self._wrong.get(peer, (0, 0.0))
        too_soon = count >= FREE and now - last < PAUSE
        if not too_soon:
            self._tries = self._tries + 1 if int(now) == self._second else 1
            self._second = int(now)
        if too_soon or self._tries > MOST_TRIES:
            raise ClassError("There were too many wrong words.", "Wait a moment, then try again.", status=429)

    def was_wrong(self, peer: str) -> None:
        """Count a wrong word."""
        if len(self._wrong) > 10_000:
            self._wrong.clear()
        self._wrong[peer] = self._wrong.get(peer, (0, 0.0))[0] + 1, time.monotonic()


def token_in(header: str) -> str:
    """The token of an ``Authorization: Bearer`` header; empty when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def class_api(accounts: Accounts, teacher: str, end_class: Callable[[], Awaitable[object]]) -> APIRouter:
    """The routes; ``teacher`` is the teacher's token."""
    router, guesses = APIRouter(), Guesses()

    def learner(request: Request | WebSocket) -> Member:
        member = accounts.by_token(token_in(request.headers.get("authorization", "")))
        if member is None:
            raise ClassError("The exchange does not know this token.", "Join: kit.join(…).", status=401)
        return member

    def is_teacher(request: Request) -> bool:
        return same(token_in(request.headers.get("authorization", "")), teacher)

    def check_teacher(request: Request) -> None:
        if not is_teacher(request):
            raise ClassError("This is the teacher's.", "Send the token that the exchange printed.", status=401)

    @router.get("/class")
    async def page() -> Response:
        how = "Join from a notebook: <code>kit.join(…)</code>." if accounts.open else "Nobody can join at present."
        return HTMLResponse(PAGE.format(how))

    @router.post("/class/join")
    async def join(request: Request) -> Response:
        body, peer = await json_body(request), request.client.host if request.client else ""
        word, name, url = (body.get(what, "") for what in ("word", "name", "url"))
        if not all(isinstance(one, str) for one in (word, name, url)) or (url and (len(url) > 1000 or fault_of(url))):
            raise ClassError("word, name and url are texts.", 'Send {"word": "…", "name": "Ada"}.', status=400)
        guesses.check(peer)
        if not accounts.open:
            raise ClassError("Nobody can join at present.", "Ask the teacher to open the room.", status=403)
        if not same(word.strip().lower(), accounts.word):
            guesses.was_wrong(peer)
            raise ClassError("This is not the word of the room.", "Ask the teacher for it.", status=403)
        member = accounts.join(name, url.rstrip("/") or _address(request))
        return JSONResponse({"token": member.token, **member.own()}, 201)

    @router.get("/class/me")
    async def me(request: Request) -> Response:
        return JSONResponse(learner(request).own())

    @router.delete("/class/me")
    async def leave(request: Request) -> Response:
        await accounts.remove(learner(request))
        return Response(status_code=204)

    @router.put("/class/me/tasks")
    async def share(request: Request) -> Response:
        member = learner(request)
        accounts.share(member, _lessons(await json_body(request)))
        return Response(status_code=204)

    @router.delete("/class/me/tasks")
    async def keep_private(request: Request) -> Response:
        accounts.share(learner(request), None)
        return Response(status_code=204)

    @router.get("/class/members")
    async def members(request: Request) -> Response:
        if not is_teacher(request):
            learner(request)
        return JSONResponse([member.shown() for member in accounts.members.values()])

    @router.put("/class/members/{name:path}")
    async def admit(request: Request, name: str) -> Response:
        """For a hub, which knows who somebody is: their account, which is made if there is none; needs no word."""
        check_teacher(request)
        member = accounts.members.get(key_of(name)) or accounts.join(name, _address(request))
        return JSONResponse({"token": member.token, **member.own()})

    @router.delete("/class/members/{name:path}")
    async def remove(request: Request, name: str) -> Response:
        check_teacher(request)
        await accounts.remove(accounts.named(name))
        return Response(status_code=204)

    @router.get("/class/room")
    async def room(request: Request) -> Response:
        check_teacher(request)
        return JSONResponse({"word": accounts.word, "open": accounts.open})

    @router.put("/class/room")
    async def set_room(request: Request) -> Response:
        check_teacher(request)
        is_open = (await json_body(request)).get("open")
        if not isinstance(is_open, bool):
            raise ClassError("open is true or false.", 'Send {"open": false}.', status=400)
        accounts.set_open(is_open)
        return await room(request)

    @router.post("/class/end")
    async def end(request: Request) -> Response:
        check_teacher(request)
        await end_class()
        return Response(status_code=204)

    @router.websocket("/class/link")
    async def link(socket: WebSocket) -> None:
        try:
            member = learner(socket)
        except ClassError:
            await socket.close()  # before it was accepted: 403
            return
        await member.link.serve(socket)

    @router.api_route("/t/{door}{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def own_request(request: Request, door: str, path: str) -> Response:
        member = accounts.by_door(door)
        if member is None:
            raise ClassError("Nothing is here.", "kit.tunnel.on() has the address.", status=404)
        return await _passed(member, request)

    return router


def _lessons(body: dict[str, Any]) -> dict[str, Any]:
    """``{"06": {"done": ["06-1"], "of": 4}}``: names and nothing else. Raises ClassError."""

    def fits(name: str, one: Any) -> bool:
        return (
            NAME.fullmatch(name) is not None
            and isinstance(one, dict)
            and one.keys() == {"done", "of"}
            and type(one["of"]) is int
            and 0 < one["of"] <= MOST_TASKS
            and isinstance(one["done"], list)
            and len(one["done"]) <= one["of"]
            and all(isinstance(task, str) and NAME.fullmatch(task) for task in one["done"])
        )

    if len(body) > MOST_TASKS or not all(fits(*one) for one in body.items()):
        raise ClassError("These are not tasks.", 'Send {"06": {"done": ["06-1"], "of": 4}}.', status=400)
    return body


def _address(request: Request) -> str:
    """The exchange's address as who asks has it."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def _passed(member: Member, request: Request) -> Response:
    """The reply of the learner's own server."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("latin-1").partition(f"/t/{member.door}")[2] or "/"
    query = request.scope["query_string"].decode("latin-1")
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP]
    body = await request.body()
    headers += [("content-length", str(len(body)))] if body else []
    in_use = AsyncExitStack()
    try:
        answer = await in_use.enter_async_context(member.link.asked(
            request.method, f"{path}?{query}" if query else path, headers, body,
            patience=5, seconds=REPLY_SECONDS, largest=LARGEST,
        ))  # fmt: skip
    except WebError as error:
        raise ClassError(f"The notebook is not reached: {error}.", "Run kit.tunnel.on() there.", status=502) from None
    kept = {name: value for name, value in answer.headers.items() if name not in HOP}
    # A page of a learner's is not one of the exchange's: it must not act with what the teacher's browser may do here.
    kept["content-security-policy"] = "sandbox allow-forms allow-scripts"
    if request.method == "HEAD" and "content-length" in answer.headers:
        kept["content-length"] = answer.headers["content-length"]
    body = b"" if answer.status in (204, 304) else answer.body or b""
    return InPieces(in_use, body, answer.status, headers=kept)


class InPieces(Response):
    """Goes out as fast as its client takes it, and is in use until then: none of it piles up on the way."""

    def __init__(self, in_use: AsyncExitStack, *content: Any, **more: Any) -> None:
        super().__init__(*content, **more)
        self._in_use = in_use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._in_use:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for at in range(0, len(self.body), PIECE):
                await send({"type": "http.response.body", "body": self.body[at : at + PIECE], "more_body": True})
            await send({"type": "http.response.body"})


def answer_class_errors(app: FastAPI) -> None:
    """As on the control plane: what it is, and what to do next."""

    @app.exception_handler(ClassError)
    async def class_error(request: Request, error: ClassError) -> Response:
        told: dict[str, Any] = {"error": error.message, "cure": error.cure}
        return JSONResponse(told, getattr(error, "status", 400))

"""Chooses the account that a request is for. Whether it may do what it asks for is looked at there, as ever."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from ..account.auth import basic_credentials
from ..errors import problem
from ..routes.limits import BODY_SECONDS
from .accounts import MOST_LEGS, Accounts, Member, key_of, same
from .joining import token_in
from .links import DOOR

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_FORM = 65_536  # bytes of a form that are looked at
COSTLY = ("/v1/calls", "/v1/calls/", "/dial")  # where a call begins


class Switchboard:
    """In front of the apps of all accounts.

    A request goes to the account of its control token, its JWT's application, its Basic key, or its ``api_key`` in the
    query or a form. One that names no account goes to ``nobody``, an account that nobody has: it refuses as Vonage
    does.
    """

    def __init__(self, accounts: Accounts, own: ASGIApp, nobody: ASGIApp, teacher: str, prefix: str) -> None:
        self._accounts, self._own, self._nobody, self._teacher = accounts, own, nobody, teacher
        self._prefix = prefix.strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = self._below_prefix(scope)
        path = scope["path"]
        if scope["type"] != "http" or path in ("/", "/class") or path.startswith(("/class/", "/t/")):
            door = DOOR.match(path)
            visited = self._accounts.by_door(door[1]) if door and scope["type"] == "http" else None
            if visited and not visited.allowance.take(_size(scope)):
                await _too_many(scope, receive, send)
            else:
                await self._own({**scope, "path": "/class"} if path == "/" else scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        member, scope = self._by_header(scope, headers)
        if member is None and "authorization" not in headers:
            member, receive = await self._by_key(scope, headers, receive)
        if member is None:
            await self._nobody(scope, receive, send)
        elif not member.allowance.take(_size(scope)) or (
            scope["method"] == "POST" and path.endswith(COSTLY) and _is_full(member)
        ):
            await _too_many(scope, receive, send)
        else:
            await member.api(scope, receive, send)

    def _below_prefix(self, scope: Scope) -> Scope:
        """The request without what leads to this exchange on a machine with others, such as a hub."""
        first = f"/{self._prefix}"
        if not self._prefix or not (scope["path"] == first or scope["path"].startswith(f"{first}/")):
            return scope
        raw = (scope.get("raw_path") or b"")[len(first.encode()) :]
        return {**scope, "path": scope["path"][len(first) :] or "/", "raw_path": raw or b"/"}

    def _by_header(self, scope: Scope, headers: dict[str, str]) -> tuple[Member | None, Scope]:
        """Whom the Authorization header names; the teacher's token acts for whom ``X-Account`` names."""
        given = headers.get("authorization", "")
        if key := basic_credentials(given)[0]:
            return self._accounts.by_key(key), scope
        token = token_in(given)
        if same(token, self._teacher):
            return self._acted_for(scope, headers.get("x-account", ""))
        if token.count(".") == 2:
            return self._accounts.by_application(_application_in(token)), scope
        return self._accounts.by_token(token), scope

    def _acted_for(self, scope: Scope, name: str) -> tuple[Member | None, Scope]:
        member = self._accounts.members.get(key_of(unquote(name)))
        if member is None:
            return None, scope
        others = [(key, value) for key, value in scope["headers"] if key != b"authorization"]
        own = (b"authorization", f"Bearer {member.token}".encode())
        return member, {**scope, "headers": [*others, own]}

    async def _by_key(self, scope: Scope, headers: dict[str, str], receive: Receive) -> tuple[Member | None, Receive]:
        """Whom ``api_key`` names, in the query or the form. The body can be read once more."""
        if key := _key_in(scope["query_string"]):
            return self._accounts.by_key(key), receive
        if not headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
            return None, receive
        read: list[Message] = []
        try:
            async with asyncio.timeout(BODY_SECONDS):
                form = await _form(receive, read)
        except TimeoutError:
            form = b""

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        return self._accounts.by_key(_key_in(form)), again


async def _form(receive: Receive, read: list[Message]) -> bytes:
    """The beginning of a body; ``read`` keeps its messages."""
    body, more = b"", True
    while more and len(body) <= LARGEST_FORM:
        read.append(message := await receive())
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    return body[:LARGEST_FORM]


def _key_in(fields: bytes) -> str:
    try:
        return parse_qs(fields.decode("latin-1"), max_num_fields=200).get("api_key", [""])[0]
    except ValueError:
        return ""


def _application_in(token: str) -> str:
    """The application a JWT names; nothing is checked here."""
    try:
        payload = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["application_id"])
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""


def _is_full(member: Member) -> bool:
    return sum(not leg.over for leg in member.network.legs.values()) >= MOST_LEGS


def _size(scope: Scope) -> int:
    """Of the body, as it is declared. The server has refused what is not a number."""
    return int(dict(scope["headers"]).get(b"content-length", b"0"))


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """Nothing is read of what comes with it; a large body closes the connection."""
    from fastapi.responses import JSONResponse

    why = "This account sends more than the exchange takes from one, or has too many calls at once."
    error = problem(429, why=why)
    own = scope["path"].startswith(("/simulator", "/t/"))
    told = {"error": why, "cure": "Wait a moment."} if own else error.body
    headers = {"x-simulator-why": why} | ({"connection": "close"} if _size(scope) > LARGEST_FORM else {})
    await JSONResponse(told, 429, headers=headers)(scope, receive, send)

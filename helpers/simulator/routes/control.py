"""The control plane, ``/simulator/…``: phones, clock, faults, traces, reset. Vonage has nothing like it."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ...base.errors import KitError
from ...calls.wording import VOICE
from ..account.account import AccountError
from ..errors import ApiError
from ..legs.faults import KNOWN
from ..legs.leg import Leg
from ..legs.network import Network
from ..phones.dialling import dial
from ..phones.handsets import MOST_SPOKEN, checked_address
from ..phones.person import play
from ..phones.scripts import checked_step, is_seconds
from ..sound.mixing import heard_wav
from .sound_stream import Earpiece, sounding
from .trace_stream import EVENT_STREAM, growing
from .voice import json_body

RATES = (8000, 16000)
BANDS = ("full", "narrow")
GONE = "If the kernel was restarted since, run the cell that makes the call again. GET /simulator/calls lists all."


class ControlError(KitError):
    """The control plane was asked for something it does not have."""


def control_api(network: Network, token: str, closing: asyncio.Event) -> APIRouter:
    """Everything a classroom, a test or the kit may do to the network."""

    async def check(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise ApiError(401, _error("The control plane needs its token.", "Send Authorization: Bearer <token>."))

    router = APIRouter(prefix="/simulator", dependencies=[Depends(check)])

    async def unless_closing(work: Coroutine[Any, Any, float]) -> float:
        """What ``work`` returns. Whoever still waits when the exchange is switched off is told so."""
        waiting, closed = asyncio.ensure_future(work), asyncio.ensure_future(closing.wait())
        try:
            await asyncio.wait((waiting, closed), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise ControlError("The phone network is being switched off.", "Start it again: kit = setup().")
        finally:
            waiting.cancel()
            closed.cancel()

    def legs_of(uuid: str) -> list[Leg]:
        found = [leg for leg in network.legs.values() if uuid == leg.uuid or uuid in leg.conversations]
        if not found:
            raise ApiError(404, _error(f"There is no call {uuid}.", GONE))
        return found

    @router.get("/account")
    async def account() -> Response:
        own = network.account
        return JSONResponse(
            {"api_key": own.api_key, "api_secret": own.api_secret, "signature_secret": own.signature_secret,
             "numbers": own.numbers}
        )  # fmt: skip

    @router.get("/calls")
    async def calls() -> Response:
        return JSONResponse([summary(leg) for leg in network.legs.values()])

    @router.get("/calls/{uuid}")
    async def call(uuid: str) -> Response:
        legs_of(uuid)
        return JSONResponse(network.trace.entries(uuid))

    @router.get("/calls/{uuid}/heard.wav")
    async def heard(uuid: str, rate: str = "8000", band: str = "full") -> Response:
        hertz = _rate(rate)
        if band not in BANDS:
            raise ControlError(f"There is no band {band!r}.", "band is full, or narrow: 300 to 3400 Hz, as in a phone.")
        leg = legs_of(uuid)[0]
        begin, end = network.talk_of(leg)
        pieces = heard_wav(leg, begin, end, hertz, narrow=band == "narrow")
        return StreamingResponse(_in_a_thread(pieces), media_type="audio/wav")

    @router.get("/calls/{uuid}/sound")
    async def sound(uuid: str, rate: str = "16000") -> Response:
        earpiece = Earpiece(network, legs_of(uuid)[0], _rate(rate))
        return StreamingResponse(sounding(earpiece, closing), media_type=EVENT_STREAM)

    @router.get("/events")
    async def events(request: Request, since: str = "0") -> Response:
        generation, seq = _position(request.headers.get("last-event-id", ""), since)
        return StreamingResponse(growing(network.trace, generation, seq, closing), media_type=EVENT_STREAM)

    @router.get("/phones")
    async def phones() -> Response:
        if network.public_number:  # there from the beginning: who shows it is to see that it waits to be answered
            network.handset(network.public_number)
        return JSONResponse([handset.settings() for handset in network.handsets.values()])

    @router.put("/phones/{address}")
    async def configure(request: Request, address: str) -> Response:
        handset = network.handset(checked_address(address))
        handset.configure(await json_body(request))
        return JSONResponse(handset.settings())

    @router.post("/phones/{address}/{what}")
    async def use(request: Request, address: str, what: str) -> Response:
        body = await json_body(request) if await request.body() else {}
        return JSONResponse(await _use(network, checked_address(address), what, body))

    @router.get("/faults")
    async def faults() -> Response:
        available = {name: {"what": fault.what, "settings": fault.settings} for name, fault in KNOWN.items()}
        return JSONResponse({"active": network.faults.active, "available": available})

    @router.put("/faults")
    async def set_faults(request: Request) -> Response:
        return JSONResponse(network.faults.change(await json_body(request)))

    @router.get("/clock")
    async def clock() -> Response:
        return JSONResponse(_time(network))

    @router.put("/clock")
    async def set_clock(request: Request) -> Response:
        """``{"flows": true}``: stepped time runs like real time for as long as a person holds a phone."""
        flows = (await json_body(request)).get("flows")
        if not isinstance(flows, bool):
            raise ControlError(f"flows is true or false, not {flows!r}.", 'Send {"flows": true}.')
        network.clock.flow(flows)
        return JSONResponse(_time(network))

    @router.post("/clock/advance")
    async def advance(request: Request) -> Response:
        """``{"seconds": 10}``; with ``call`` and ``until`` it returns as soon as that call has that status."""
        body = await json_body(request)
        seconds = body.get("seconds")
        if not is_seconds(seconds):
            raise ControlError(f"Time cannot advance by {seconds!r} seconds.", 'Send {"seconds": 10}, or more or less.')
        if "call" not in body:
            now = await unless_closing(network.clock.advance(seconds))
            return JSONResponse({"now": round(now, 6), "reached": True})
        legs, status = legs_of(body["call"]), body.get("until", "completed")

        def settled() -> bool:
            return any(leg.reached(status) or leg.done for leg in legs)

        now = await unless_closing(network.clock.advance(seconds, settled))
        return JSONResponse({"now": round(now, 6), "reached": any(leg.reached(status) for leg in legs)})

    @router.post("/reset")
    async def reset(request: Request) -> Response:
        await network.reset()
        network.clock.flow(False)
        network.faults.clear()
        if request.query_params.get("account") == "true":
            network.account.reset()
        return Response(status_code=204)

    return router


async def _use(network: Network, address: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the person holding a phone can do. Returns when it has been done, or a sound has begun."""
    if what == "dial":
        return {"uuid": dial(network, address, body).uuid}
    handset = network.handset(address)
    if what in ("answer", "decline"):
        handset.decide(what)
    elif what == "hang_up":
        network.hang_up_handset(address)
    elif what == "press":
        network.press(address, body.get("digits", ""))
    elif what in ("say", "play"):
        step = checked_step({**body, "do": what})
        leg = handset.in_call()
        if what == "play":
            begun = network.beside(leg, play(network, leg, step))
        else:
            begun = network.speak(address, step["text"], step.get("language", "en-US"))
        await asyncio.wait([begun])  # not the task itself: the call may end meanwhile
    elif what == "talk":
        sound = await network.sounds.decoded(_wav(body))
        if sound.seconds > MOST_SPOKEN + 1:
            raise ControlError(f"Nobody speaks for {sound.seconds:.0f} s at once.", f"Send {MOST_SPOKEN} s or less.")
        network.utter(handset.in_call(), sound, url=VOICE)
    else:
        cure = "It can dial, answer, decline, hang_up, press, say, play and talk."
        raise ControlError(f"A phone cannot {what}.", cure)
    return handset.settings()


def _wav(body: dict[str, Any]) -> bytes:
    """The sound file in a body."""
    try:
        return base64.b64decode(body["wav"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise ControlError("There is no sound in it.", 'Send {"wav": …}, a sound file in Base64.') from None


def _time(network: Network) -> dict[str, Any]:
    """Call time, and how fast it runs now: a stepped clock that flows has pace 1."""
    clock = network.clock
    return {"now": round(clock.now, 6), "pace": clock.pace if clock.flows else "stepped"}


def summary(leg: Leg) -> dict[str, Any]:
    """One leg in the list of calls."""
    return {
        "uuid": leg.uuid,
        "conversation_uuid": leg.conversation,
        "from": leg.from_,
        "to": leg.to,
        "status": leg.status,
        "direction": leg.direction,
    }


async def _in_a_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece, made beside the calls, which must go on."""
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece


def _rate(rate: str) -> int:
    """Samples a second, as they were asked for."""
    if rate not in map(str, RATES):
        raise ControlError(f"Nothing is heard at {rate} Hz.", "rate is 8000 (telephone) or 16000 (as mixed).")
    return int(rate)


def _position(last_id: str, since: str) -> tuple[str, int]:
    """Where in the record somebody goes on: its generation if known, and the ``seq`` of the last entry they have."""
    generation, _, seq = last_id.rpartition("-") if last_id else ("", "", since)
    if not (seq.isascii() and seq.isdigit() and len(seq) < 16):
        raise ControlError(f"There is no entry {seq!r}.", "since is the seq of the last entry you have, or 0.")
    return generation, int(seq)


def answer_kit_errors(app: FastAPI) -> None:
    """The control plane's errors say what to do next."""

    @app.exception_handler(KitError)
    async def kit_error(request: Request, error: KitError) -> Response:
        # A disk that is full is not the fault of whoever asked.
        return JSONResponse(_error(error.message, error.cure), 500 if isinstance(error, AccountError) else 400)


def _error(message: str, cure: str) -> dict[str, str]:
    return {"error": message, "cure": cure}

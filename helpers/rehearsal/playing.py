"""``play``: run an NCCO against a person who follows your instructions, on a phone network that then is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .scene import Scene

if TYPE_CHECKING:
    from ..ncco import Ncco
    from ..server.server import WsgiApp
    from .rehearsal import Rehearsal


def play(
    ncco: Any,
    *,
    keys: str = "",
    says: str | Sequence[str] = (),
    script: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None,
    replies: Mapping[str, Any] | WsgiApp | None = None,
    variables: Mapping[str, Any] | None = None,
    direction: str = "outbound",
    seconds: float = 600,
    folder: str | Path = "heard",
    name: str = "",
) -> Rehearsal:
    """Hear an NCCO before you dial: its sound, captions, timeline and every webhook it would send.

    ``ncco`` is a list, JSON text, an ``Ncco``, or anything with ``to_list()``. It is carried out on a private network
    in stepped time; nothing is dialled, in live mode either. Addresses of this machine are really asked, so your own
    server may answer with the next NCCO; for all others something stands in, and ``.notes`` says so.

    ``replies`` says what comes after a key or a word: NCCOs by name, ``{"1": […], "2, message": […]}``; after any other
    the call goes on. Or it is your own Flask app, which then gets every event, whichever host the NCCO names.

    ``keys`` are pressed when an ``input`` listens, or 2 s into a sound that they may cut short; what one input does
    not take is for the next. ``says`` has a text for each ``input`` that listens to speech, or recording that waits.
    ``script`` says everything instead, as in :meth:`helpers.phone.Phone.script`. ``variables`` fill a template.
    ``direction``: ``"outbound"`` (Vonage calls the person) or ``"inbound"``. After ``seconds`` of talk, 7200 at most,
    the person hangs up. The sound is stored as ``folder/name.wav`` when it is first shown.

    Raises :class:`helpers.ncco.NccoError` for an NCCO with errors, :class:`RehearsalError` and
    :class:`helpers.simulator.phones.scripts.HandsetError` for instructions that nobody could follow.

    >>> play([{"action": "input", "type": ["dtmf"]}], keys="1#").call.digits
    '1#'
    """
    from .rehearsal import Rehearsal
    from .stage import perform

    if isinstance(replies, Mapping) and variables is not None:
        replies = {name: ncco_of(one, variables) for name, one in replies.items()}
    scene = Scene(ncco_of(ncco, variables), keys, says, script, direction, seconds, replies)
    return Rehearsal(scene, perform([scene])[0], folder, name)


def ncco_of(data: Any, variables: Mapping[str, Any] | None) -> Ncco:
    """The NCCO to be played. Raises NccoError, and TemplateError when a variable is missing."""
    from ..ncco import parse, render_ncco

    return parse(data if variables is None else render_ncco(data, variables))

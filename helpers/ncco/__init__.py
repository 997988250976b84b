"""NCCOs: the lists of actions that tell a call what to do. ``parse`` and ``check`` them, or build them of models.

>>> from helpers.ncco import parse
>>> parse('[{"action": "stream", "streamUrl": ["https://example.com/music.mp3"], "loop": 2}]')[0].loop
2
"""

from __future__ import annotations

from helpers.ncco.actions import ACTIONS, Notify, Stream, Talk, Wait
from helpers.ncco.document import Ncco, check, parse
from helpers.ncco.export import describe, reference, to_curl, to_python
from helpers.ncco.joining import Connect, Conversation, Record, Transfer
from helpers.ncco.listening import Input
from helpers.ncco.model import Action
from helpers.ncco.problems import NccoError, Problem
from helpers.ncco.templates import TemplateError, render, render_ncco

__all__ = [
    "ACTIONS",
    "Action",
    "Connect",
    "Conversation",
    "Input",
    "Ncco",
    "NccoError",
    "Notify",
    "Problem",
    "Record",
    "Stream",
    "Talk",
    "TemplateError",
    "Transfer",
    "Wait",
    "check",
    "describe",
    "parse",
    "reference",
    "render",
    "render_ncco",
    "to_curl",
    "to_python",
]

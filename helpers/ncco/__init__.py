"""NCCOs: the lists of actions that tell a call what to do. ``parse`` and ``check`` them, or build them of models.

>>> from helpers.ncco import parse
>>> parse('[{"action": "stream", "streamUrl": ["https://example.com/music.mp3"], "loop": 2}]')[0].loop
2
"""

from __future__ import annotations

from helpers.ncco.actions import ACTIONS, Notify, Stream, Talk, Wait
from helpers.ncco.changes import differences
from helpers.ncco.document import Ncco, check, parse
from helpers.ncco.examples import EXAMPLES
from helpers.ncco.export import to_curl, to_flask, to_requests
from helpers.ncco.fixes import Fix
from helpers.ncco.joining import Connect, Conversation, Record, Transfer
from helpers.ncco.listening import Input
from helpers.ncco.model import Action
from helpers.ncco.option_examples import example_of
from helpers.ncco.problems import NccoError, Problem
from helpers.ncco.python_text import from_python, to_python
from helpers.ncco.reference import describe, reference
from helpers.ncco.rules import RULES, Rule
from helpers.ncco.templates import TemplateError, render, render_ncco

__all__ = [
    "ACTIONS",
    "EXAMPLES",
    "RULES",
    "Action",
    "Connect",
    "Conversation",
    "Fix",
    "Input",
    "Ncco",
    "NccoError",
    "Notify",
    "Problem",
    "Record",
    "Rule",
    "Stream",
    "Talk",
    "TemplateError",
    "Transfer",
    "Wait",
    "check",
    "describe",
    "differences",
    "example_of",
    "from_python",
    "parse",
    "reference",
    "render",
    "render_ncco",
    "to_curl",
    "to_flask",
    "to_python",
    "to_requests",
]

"""NCCOs: the lists of actions that tell a call what to do. ``parse`` and ``check`` them, or build them of models.

>>> from helpers.ncco import parse
>>> parse('[{"action": "stream", "streamUrl": ["https://example.com/music.mp3"], "loop": 2}]')[0].loop
2
"""

from __future__ import annotations

from .checking.document import Ncco, check, parse
from .editing.changes import differences
from .editing.examples import EXAMPLES
from .editing.reference import describe, example_of, reference
from .models.actions import ACTIONS, Notify, Stream, Talk, Wait
from .models.joining import Connect, Conversation, Record, Transfer
from .models.listening import Input
from .models.model import Action
from .problems.fixes import Fix
from .problems.problems import NccoError, Problem
from .problems.rules import RULES, Rule
from .templates.preview import preview, sample_data
from .templates.templates import TemplateError, render, render_ncco
from .texts.export import to_curl, to_flask
from .texts.python_text import to_python

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
    "parse",
    "preview",
    "reference",
    "render",
    "render_ncco",
    "sample_data",
    "to_curl",
    "to_flask",
    "to_python",
]

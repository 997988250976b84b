"""Node-RED flows for calls, as Python: :func:`import_flow` reads what the editor exported.

>>> from helpers.node_red import import_flow
>>> import_flow('[{"id": "1", "type": "talk", "text": "Hello", "voicename": "", "wires": [[]]}]').nccos[0].ncco
[{'action': 'talk', 'text': 'Hello'}]
"""

from __future__ import annotations

from .calls import ImportedCall
from .findings import FAULTS, Note, NotTranslated
from .imported import Imported, ImportedNcco
from .importing import import_flow
from .reading import FlowError
from .routes import Route, message

__all__ = [
    "FAULTS",
    "FlowError",
    "Imported",
    "ImportedCall",
    "ImportedNcco",
    "NotTranslated",
    "Note",
    "Route",
    "import_flow",
    "message",
]

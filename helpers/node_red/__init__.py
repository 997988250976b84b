"""Node-RED flows for calls, as Python: :func:`import_flow` reads what the editor exported.

>>> from helpers.node_red import import_flow
>>> import_flow('[{"id": "1", "type": "talk", "text": "Hello", "voicename": "", "wires": [[]]}]').nccos[0].ncco
[{'action': 'talk', 'text': 'Hello'}]
"""

from __future__ import annotations

from helpers.node_red.calls import ImportedCall
from helpers.node_red.faults import FAULTS, Fault
from helpers.node_red.findings import Note, NotTranslated
from helpers.node_red.imported import Imported, ImportedNcco
from helpers.node_red.importing import import_flow
from helpers.node_red.reading import FlowError
from helpers.node_red.routes import Route
from helpers.node_red.web import message

__all__ = [
    "FAULTS",
    "Fault",
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

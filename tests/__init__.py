"""The tests, without what is costly and not asked for."""

import sys

# jsonschema makes 38 grammars of it to know an IRI, 1.6 s in every process that reads a notebook; nothing has one.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

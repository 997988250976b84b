"""The tests, without rfc3987_syntax: jsonschema makes 38 grammars of it, 1.6 s in each process, and asks none."""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

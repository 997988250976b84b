"""The wire: requests and replies as they were, and the events of calls among them."""

from __future__ import annotations

from .events import Events
from .exchanges import RoundTrip, WireView
from .kinds import kind

__all__ = ["Events", "RoundTrip", "WireView", "kind"]

"""The wire: requests and replies as they were, and the events of calls among them."""

from __future__ import annotations

from .events import Events
from .exchanges import Exchange, WireView
from .kinds import kind

__all__ = ["Events", "Exchange", "WireView", "kind"]

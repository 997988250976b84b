"""The client of the Vonage APIs."""

from __future__ import annotations

from .client import Vonage
from .errors import VonageError

__all__ = ["Vonage", "VonageError"]

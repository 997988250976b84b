"""What everything stands on: errors, texts, small HTML, secrets taken out, hosts and numbers."""

from __future__ import annotations

from .numbers import e164

__all__ = ["e164"]

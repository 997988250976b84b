"""The microphone."""

from __future__ import annotations

from .microphone import Microphone

__all__ = ["Microphone"]

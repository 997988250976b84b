"""Templates in NCCOs: read, filled in, and tried out."""

from __future__ import annotations

from .preview import preview
from .sample import sample_data

__all__ = ["preview", "sample_data"]

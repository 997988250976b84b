"""The learner's web server and its public address."""

from __future__ import annotations

from .program import Program
from .server import BackgroundServer
from .sound_files import audio_files, send_audio
from .webhooks import create_app

__all__ = ["BackgroundServer", "Program", "audio_files", "create_app", "send_audio"]

"""What sort of webhook a payload is: most of them carry no type, so the fields they have tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kind(payload: Mapping[str, Any]) -> str:
    """What sort of webhook a payload is: ``status``, ``transfer``, ``input``, ``record``, ``error``, ``notify``,
    ``answer``, or empty if it is none.

    The rule is the one of the official SDKs (vonage-dotnet-sdk, EventBase.cs), as most events carry no type.
    """
    if "original_request" in payload:  # the fallback of an answer webhook carries a reason too
        return "answer"
    for field, name in (
        ("status", "status"),
        ("conversation_uuid_from", "transfer"),
        ("speech", "input"),
        ("dtmf", "input"),
        ("recording_url", "record"),
        ("reason", "error"),
        ("payload", "notify"),
    ):
        if field in payload:
            return name
    return "answer" if "to" in payload and "uuid" in payload else ""

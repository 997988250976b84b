"""The fields that a request of the Voice API may have, and the one that was meant by another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from ..base.text import nearest

# By the end of the path; Voice API OpenAPI 1.10.
FIELDS: dict[str, tuple[str, ...]] = {
    "calls": (
        "to", "from", "random_from_number", "ncco", "answer_url", "answer_method", "event_url", "event_method",
        "machine_detection", "advanced_machine_detection", "length_timer", "ringing_timer",
    ),
    "stream": ("stream_url", "level", "loop"),
    "talk": ("text", "language", "style", "premium", "voice_name", "level", "loop"),
    "dtmf": ("digits",),
    "input/dtmf": ("event_url", "event_method"),
    "call": ("action", "destination"),
    # Queries and forms: Voice API, Numbers API 1.0, Application API v2.
    "list_calls": (
        "status", "date_start", "date_end", "page_size", "record_index", "order", "conversation_uuid",
    ),
    "number/search": ("country", "features", "type", "pattern", "search_pattern", "size", "index"),
    "account/numbers": (
        "application_id", "has_application", "country", "pattern", "search_pattern", "size", "index",
    ),
    "number/update": (
        "country", "msisdn", "app_id", "moHttpUrl", "moSmppSysType", "voiceCallbackType", "voiceCallbackValue",
        "voiceStatusCallback",
    ),
    "applications": (
        "name", "capabilities", "privacy", "answer_url", "event_url", "fallback_answer_url", "answer_method",
        "event_method", "public_key",
    ),
}  # fmt: skip
# Names that are not like the one they mean.
_MEANT = {"number": "to", "url": "stream_url", "voice": "voice_name"}


def meant_by(names: Iterable[str], known: tuple[str, ...]) -> Mapping[str, str]:
    """For those of the names that are no fields, the field each was probably meant to be, if one is like it."""
    strange = islice((name for name in names if name not in known), 20)  # to compare takes long
    found = {name: _MEANT.get(name, "") or nearest(name, known) for name in strange}
    return {name: field for name, field in found.items() if field in known}

"""The statuses of a call, and which of them end it (webhook reference; NCCO reference, connect, eventType)."""

from __future__ import annotations

LIVE = ("started", "ringing", "answered")
# With these nobody ever talked. After each of them but `rejected` comes `completed`.
FAILURES = ("busy", "cancelled", "failed", "rejected", "timeout", "unanswered")
OVER = ("completed", *FAILURES)  # nobody talks any more
LAST = ("completed", "rejected")  # nothing follows
BESIDE = ("human", "machine", "disconnected")  # told of a call that goes on

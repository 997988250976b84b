"""The statuses of a call, and which of them end it (webhook reference; NCCO reference, connect, eventType)."""

from __future__ import annotations

LIVE = ("started", "ringing", "answered")
# With these nobody ever talked. After each of them but `rejected` comes `completed`.
FAILURES = ("busy", "cancelled", "failed", "rejected", "timeout", "unanswered")
OVER = ("completed", *FAILURES)  # nobody talks any more
LAST = ("completed", "rejected")  # nothing follows
IN_ANOTHER_CALL = "the phone is in another call"  # why a call is busy, unless the phone was told to be
END_IT = "Let that one end first: kit.wait(120). Then place yours again."
BESIDE = ("human", "machine", "disconnected")  # told of a call that goes on

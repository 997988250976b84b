"""Keeps what the decoder of MP3 says of a damaged file away from the console: it writes to stderr, past Python."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_DECODERS = re.compile(rb"\s*(?:\[\S*mpg123\S* (?:error|warning): .*|Warning: .*(?:Xing|Frankenstein).*|)\s*")
_lock = threading.Lock()


@contextmanager
def decoder_kept_quiet() -> Iterator[None]:
    """Hold back what is written to stderr; what others wrote meanwhile is written when this ends."""
    with _lock, tempfile.TemporaryFile() as held:
        try:
            console = os.dup(_STDERR)
        except OSError:  # there is no stderr, so nobody is disturbed
            yield
            return
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(console, _STDERR)
            os.close(console)
            held.seek(0)
            others = b"".join(line for line in held if not _DECODERS.fullmatch(line))
            if others:
                os.write(_STDERR, others)

"""What a lesson sends, counted in its own kernel: the box that it shows in live mode is made from that.

What ``kit.ready()`` sends in simulated mode, where it makes what an earlier lesson has not, does not count; nor what
goes to the exchange of a class.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helpers.live.box import CHANGES
from helpers.live.guards.asked import Asked
from tests.notebooks.sanitising import PROJECT

# Leaves no names in the lesson's own namespace.
STARTUP = """\
import sys
sys.path.append({project!r})
from tests.notebooks.sending import note_in
note_in({file!r})
del sys, note_in
"""


def watch(folder: Path) -> None:
    """Let the kernels of a world (see lesson_environment) write down there what they send."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "sending.py").write_text(STARTUP.format(project=str(PROJECT), file=str(folder / "sent")), "utf-8")


def note_in(file: str) -> None:
    """In the kernel: write down each request of ``requests``."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def noted(adapter: HTTPAdapter, request: Any, *args: Any, **more: Any) -> Any:
        if not _is_kit_at_work() and not _is_for_the_class(str(request.url)):
            with Path(file).open("a", encoding="utf-8") as sent:
                sent.write(f"{request.method} {urlsplit(request.url).path}\n")
        return send(adapter, request, *args, **more)

    HTTPAdapter.send = noted  # type: ignore[method-assign]


def _is_kit_at_work() -> bool:
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_globals.get("__name__") in ("helpers.accounts.groundwork", "helpers.accounts.played"):
            return True
    return False


def _is_for_the_class(url: str) -> bool:
    kit = getattr(sys.modules.get("helpers.kit"), "_kit", None)
    return kit is not None and bool(kit.in_class) and url.startswith(kit.classroom.network.url)


def sent_in(folder: Path) -> dict[str, int]:
    """How often the lesson sent what, by the kind of request (Asked.kind); ``dial``: its reader's phone called."""
    lines = (folder / "sent").read_text("utf-8").splitlines() if (folder / "sent").exists() else []
    kinds = Counter(_kind(*line.split(" ", 1)) for line in lines)
    return {kind: kinds[kind] for kind in sorted(kinds.keys() & {*CHANGES, "create_call", "dial"})}


def _kind(method: str, path: str) -> str:
    return "dial" if re.fullmatch(r"/simulator/phones/[^/]+/dial", path) else Asked(method, path, "", {}, b"").kind

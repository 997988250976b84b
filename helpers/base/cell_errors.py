"""Says in a sentence what a beginner's cell ran into: a first cell that was not run, a server that has stopped.

IPython shows it in place of, or below, the traceback. A kernel of ``make lab`` begins with it, so that it also holds
after a restart, when nothing of the kit is imported yet: this module imports nothing that takes time.
"""

from __future__ import annotations

import re
import sys
from typing import Any

FIRST = ("kit", "setup", "create_app", "requests", "Flask")
# What some lessons import in the middle, which nobody needs the cells above for.
IMPORTED = {"exercise": "helpers.exercises", "sweep": "helpers.rehearsal", "Builder": "helpers.widgets.builder"}
ABOVE = "choose Run → Run All Above Selected Cell, then run this cell again"
STOPPED = (
    "Nothing listens at {url}: the server that did has stopped, perhaps with its kernel.\n"
    "→ kit = setup() and kit.serve(app) start yours again, under a new address: YOUR_URL = kit.tunnel.on()."
)

# What Python and its libraries say of slips that are made in every lesson, and what to do.
SAID = (
    (r"^KeyError: (.+)", "There is no {0} in it. Print it, and see what there is. .get({0}) would be None."),
    (r"^TypeError: (?=.*\bstr\b).*(?:concatenate|not supported between instances of .*(?:int|float)|unsupported op)",
     "One of the two is a string, and the other a number. int(…) or float(…) makes a number of a string."),
    (r"^TypeError: .* missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
     "Between the brackets of this call there is something missing: {0}."),
    (r"^TypeError: .* got an unexpected keyword argument '(\w+)'(?!.*Did you mean)",
     "This call knows no option {0}. A question mark behind its name, in a cell of its own, shows those it has."),
    (r"^AttributeError: 'NoneType' object has no attribute '(\w+)'",
     "What stands before .{0} is None: a function without return, or something that was not found. Print it."),
    (r"^(?:Invalid|Missing)Schema: ", "An address begins with http:// or https://. Yours is YOUR_URL: print it."),
    (r"^AssertionError: The setup method '(\w+)' can no longer be called",
     "An app that has answered takes no new routes. Make a new one, app = Flask(…), with all of them, and serve it."),
    (r"^AssertionError: View function mapping is overwriting an existing endpoint function: (\w+)",
     "Two routes of this app have a function of the same name. Call the second one something else than {0}."),
)  # fmt: skip
WATCHED = (NameError, OSError, TypeError, AttributeError, LookupError, ValueError, AssertionError)


def watch() -> None:
    """Begin. Does nothing outside of a notebook, and when it has begun."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.set_custom_exc(WATCHED, _tell)


def sentence(error: BaseException) -> str:
    """What to do about an error that a cell raised; empty where its own words are all there is to say."""
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name:
        if error.name in FIRST:
            return f"→ {error.name} comes from the first code cell: run that one first. After a restart, {ABOVE}."
        if module := IMPORTED.get(error.name):
            return f"→ Write this line above it, and run the cell again: from {module} import {error.name}"
        return f"→ Is {error.name} spelt as above? If an earlier cell makes it, {ABOVE}."
    request = getattr(error, "request", None)
    if "ConnectionError" in type(error).__name__ and _is_here(url := getattr(request, "url", None) or ""):
        return STOPPED.format(url=url.split("?")[0])
    return _usage(error) or _slip(error)


def _usage(error: BaseException) -> str:
    from .usage import usage_after

    return "" if isinstance(error, OSError) else usage_after(error)


def _slip(error: BaseException) -> str:
    for pattern, words in SAID:
        if found := re.search(pattern, f"{type(error).__name__}: {error}"):
            return f"→ {words.format(*found.groups())}"
    return ""


def _is_here(url: str) -> bool:
    from .hosts import host_of, is_here

    return bool(url) and is_here(host_of(url))


def _tell(
    shell: Any, kind: type[BaseException], error: BaseException, traceback: Any, tb_offset: int | None = None
) -> None:
    said = sentence(error)
    if said.startswith("Nothing"):  # sixty lines of other people's code would say no more
        print(said, file=sys.stderr)
        return
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
    if said:
        print(said, file=sys.stderr)

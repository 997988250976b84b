"""How a function of the kit is called: for a cell that gave one too much, too little, or what it cannot work with."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from types import FunctionType, TracebackType
from typing import Any

from .errors import is_cell

PACKAGE = __name__.partition(".")[0]
# What Python says of a call that does not fit: the name of the function comes first.
MISFIT = re.compile(r"([\w.]+)\(\) (?:takes|missing|got) ")


def usage_after(error: BaseException) -> str:
    """What to write instead, if a cell called the kit and this came of it; else empty."""
    misfit = MISFIT.match(str(error)) if isinstance(error, TypeError) else None
    frames = _since_the_cell(error.__traceback__)
    direct = not frames or is_cell(frames[-1].f_code.co_filename)
    ours = direct or _is_ours(_module(frames[-1]))
    fitting = _named(misfit[1], frames) if misfit and ours else None
    if fitting and direct:
        return f"→ Write {usage(fitting)}"
    for frame in frames:
        hidden = frame.f_code.co_name.startswith("__") and frame.f_code.co_name != "__init__"
        if _is_ours(_module(frame)) and not hidden and (function := _named(frame.f_code.co_qualname, [frame])):
            how = usage(function)
            return f"→ {how.partition('(')[0]}() cannot work with what it was given. Write {how}"
    return f"→ Write {usage(fitting)}" if fitting else ""  # it was called through another function of ours


def usage(function: FunctionType) -> str:
    """``wait(seconds). For example: kit.wait(2.5)``: what is optional has ``=…``, and so has what needs its name."""
    owner, _, name = function.__qualname__.rpartition(".")
    called = owner.rpartition(".")[2] if name == "__init__" else name
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name not in ("self", "cls")]
    how = "" if parameters else " There is nothing between the brackets."
    if parameters and all(one.kind in (one.KEYWORD_ONLY, one.VAR_KEYWORD) for one in parameters):
        how = " Each needs its name."
    example = _example(function, owner if name == "__init__" else "", f"{called}(")
    return f"{called}({', '.join(map(_shown, parameters))}).{how}{example}"


def _example(function: FunctionType, owner: str, call: str) -> str:
    """The first example of a docstring with this call in it; of a class for its constructor."""
    documented = vars(sys.modules[function.__module__]).get(owner, function)
    examples = [
        line.strip()[4:] for line in (documented.__doc__ or "").splitlines() if line.lstrip().startswith(">>> ")
    ]
    return next((f" For example: {line}" for line in examples if call in line), "")


def _shown(one: inspect.Parameter) -> str:
    if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
        return "…"
    return one.name if one.default is one.empty and one.kind is not one.KEYWORD_ONLY else f"{one.name}=…"


def _since_the_cell(way: TracebackType | None) -> list[Any]:
    """The frames from the reader's own last line to the error, that line's first."""
    frames = [frame for frame, _ in traceback.walk_tb(way)]
    own = [place for place, frame in enumerate(frames) if is_cell(frame.f_code.co_filename)]
    return frames[own[-1] :] if own else []


def _named(name: str, frames: list[Any]) -> FunctionType | None:
    """The kit's function of this name: the one the cell knows, or else the first there is."""
    spaces = [frame.f_globals for frame in frames]
    spaces += [vars(module) for key, module in sorted(sys.modules.items()) if _is_ours(key)]
    for space in spaces:
        found: Any = space.get(name.partition(".")[0])
        for part in name.split(".")[1:]:
            found = inspect.getattr_static(found, part, None)
        found = getattr(found, "__func__", found)
        found = inspect.unwrap(found) if callable(found) else found
        if isinstance(found, FunctionType) and found.__qualname__ == name:
            return found if _is_ours(str(found.__module__)) else None  # one of the reader's own may have the name
    return None


def _module(frame: Any) -> str:
    return str(frame.f_globals.get("__name__"))


def _is_ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")

"""What a cell gives the kit that it cannot take is answered in words: for every function that a lesson can reach."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from helpers.base.cell_errors import sentence
from helpers.base.errors import KitError
from helpers.kit import Kit
from helpers.server import create_app
from helpers.widgets.builder import Builder

PACKAGES = ("audio", "base", "calls", "exercises", "ncco", "rehearsal", "server", "settings", "views")
# What ends something or asks somebody else; and what no lesson makes by hand.
NOT_CALLED = frozenset({
    "start", "stop", "doctor", "put_back", "restore", "leave", "join", "close", "begin_again", "keep", "clear", "reset",
    "append", "Settings", "load_settings", "load_private_key", "Program", "Rehearsal", "Sent", "Problem", "Rule", "Fix",
})  # fmt: skip
# Somebody who does not read, somebody who misspells, and somebody who gives what he has.
WRONG = ("(*[welcome] * 40)", "(nonsense=1)", "(*[None] * {n})", "(*[[]] * {n})")


def said_below(source: str, **names: Any) -> str | None:
    """What stands below Python's own words, when a cell ends in an error that is not the kit's. None: it does not."""
    try:
        exec(compile(source, "<ipython-input-1>", "exec"), names)
    except KitError:
        return None
    except Exception as error:
        return sentence(error)
    return None


def reached(kit: Kit) -> dict[str, Any]:
    """Every function of the kit that a lesson can reach, by what a cell would write."""
    words = [{"action": "talk", "text": "Hello"}]
    call = kit.wait_for(kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=words))
    objects = {"kit": kit, "phone": kit.phone(), "vonage": kit.vonage, "call": call, "events": kit.events,
               "server": kit.server, "panel": kit.panel(), "builder": Builder(), "wire": kit.vonage.wire}  # fmt: skip
    found: dict[str, Any] = {}
    for name, one in objects.items():
        for method, function in inspect.getmembers_static(type(one), inspect.isfunction):
            found |= {f"{name}.{method}": getattr(one, method)} if function.__module__.startswith("helpers") else {}
    for package in PACKAGES:
        module = importlib.import_module(f"helpers.{package}")
        found |= {f"{package}.{name}": getattr(module, name) for name in module.__all__}
    return {
        name: one
        for name, one in found.items()
        if callable(one) and not (set(name.split(".")) & NOT_CALLED or "._" in name or _is_error(one))
    }


def _is_error(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, Exception)


def test_nothing_that_a_cell_gives_ends_without_words(kit: Kit) -> None:
    bare = set()
    for name, function in reached(kit).items():
        parameters = inspect.signature(function).parameters.values()
        n = max(1, sum(one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty for one in parameters))
        for wrong in WRONG:
            source = f"function{wrong.format(n=n)}"
            if said_below(source, function=function, welcome=list) == "":
                bare.add(f"{name}{wrong}")
    assert bare == set()


SAID = [
    ("create_app(welcome)", "create_app(answer=…, audio=…, on_event=…). Each needs its name."),
    ("kit.vonage.create_call(kit.number, kit.my_number, [])", "create_call(body=…, to=…, from_=…, ncco=…, "),
    ("kit.vonage.create_call(kit.number, kit.my_number, [])", 'For example: vonage.create_call(to="447700900001", '),
    ("kit.panel(1)", "panel(). There is nothing between the brackets."),
    ("Builder(1, 2, 3)", "Builder(ncco=…, small=…, kit=…). For example: builder = Builder()"),
    ("kit.vonage.search_numbers('GB', features=5)", "search_numbers(country, features=…, …)."),
    ("kit.wait()", "wait(seconds). For example: kit.wait(2.5)"),
]


def test_it_says_what_to_write(kit: Kit) -> None:
    for source, said in SAID:
        below = said_below(source, kit=kit, create_app=create_app, Builder=Builder, welcome=print) or ""
        assert "Write " in below and said in below


def test_the_readers_own_functions_keep_pythons_words() -> None:
    assert said_below("def mine(): return 1 / 0\nmine()") == ""
    assert said_below("int('x')") == ""

"""Says in a sentence what a beginner's cell ran into: a first cell that was not run, a server that has stopped.

IPython shows it in place of, or below, the traceback. A kernel of ``make lab`` begins with it, so that it also holds
after a restart, when nothing of the kit is imported yet: this module imports nothing that takes time.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

FIRST = ("kit", "setup", "create_app", "requests", "Flask")
# What some lessons import in the middle, which nobody needs the cells above for.
IMPORTED = {"exercise": "helpers.exercises", "sweep": "helpers.rehearsal", "Builder": "helpers.widgets.builder"}
ABOVE = "choose Run → Run All Above Selected Cell, then run this cell again"
STOPPED = (
    "Nothing listens at {url}: the server that did has stopped, perhaps with its kernel.\n"
    "→ kit = setup() and kit.serve(app) start yours again, under a new address: YOUR_URL = kit.tunnel.on()."
)
UNREACHABLE = "Nothing answers at {url}.\n→ Is the address right? Print it. Is this machine online?"
ENDLESS = "→ {0}.run() does not end: stop this cell with ■. kit.serve({0}) serves it, and the next cell can run."
FROM = '→ from is a Python keyword. In create_call write from_=…, and in a dict "from": …'

# What Python and its libraries say of slips that are made in every lesson, and what to do.
SAID = (
    (r"^KeyError: (.+)", "There is no {0} in it. Print it, and see what there is. .get({0}) would be None."),
    (r"^TypeError: (?=.*\bstr\b)(?=.*\b(?:int|float)\b).*(?:concatenate|not supported|unsupported|can't multiply)",
     "One of the two is a string, and the other a number. int(…) or float(…) makes a number of a string."),
    (r"^TypeError: Flask\.__call__", "Hand over the app itself, without brackets: kit.serve(app)."),
    (r"^TypeError: .* missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
     "Something is missing between the brackets of this call: {0}."),
    (r"^TypeError: .* got an unexpected keyword argument '(\w+)'(?!.*Did you mean)",
     "This call knows no option {0}. A question mark after its name, in a cell of its own, shows those it has."),
    (r"^AttributeError: 'NoneType' object has no attribute '(\w+)'",
     "What comes before .{0} is None: a function without return, or something that was not found. Print it."),
    (r"^(?:Invalid|Missing)Schema: ", "An address begins with http:// or https://. Yours is YOUR_URL: print it."),
    (r"^InvalidURL: ", "Is there a slash missing between the address and the path? Print it."),
    (r"^ReadTimeout: ", "The server was slower than timeout=…. Does a route wait, or is it http:// and not https://?"),
    (r"^JSONDecodeError: ", "This is not JSON. Print what you have (of a reply: .text) and see what it is instead."),
    (r"^AttributeError: 'dict' object has no attribute '(\w+)'", 'This is a dict: write ["{0}"], not .{0}.'),
    (r"^TypeError: '(\w+)' object is not callable",
     "Only a function can be called, and this is {0}. Is there a pair of brackets too many?"),
    (r"^(?:Type|Attribute)Error: '(?:\w+_or_)?(?:function|method)' object (?:is not [si]|has no)",
     "A function is called with brackets after its name, as in reply.json()."),
    (r"^TypeError: 'Response' object is not", "This is a reply of requests: its content is .json(), or .text."),
    (r"^TypeError: unsupported operand type\(s\) for [/+]: .*(?:Path|'str' and 'str')",
     'A folder and a name are joined like this: Path("../audio") / "music.mp3".'),
    (r"^FileNotFoundError: .*: '(.+)'",
     "There is no {0} here: names are read from the notebook's folder. The kit's sounds are in ../audio."),
    (r"^TypeError: '<' not supported between instances of 'dict'",
     'Say what to sort by: sorted(events, key=lambda event: event["timestamp"]).'),
    (r"got multiple values for (?:keyword )?argument '(\w+)'", "{0} is given twice here: leave one of them out."),
    (r"^UnicodeDecodeError: ", "These bytes are not text. Are they a sound, a signature, or more than one part?"),
    (r"^NotImplementedError: Algorithm", 'It is written in capitals: algorithm="RS256".'),
    (r"^TypeError: '(\w+)' object is not subscriptable",
     "{0} takes a dot, as in kit.number, and no square brackets."),
    (r"^FrozenInstanceError: ", "Settings are read from .env. Write it there, then kit = setup()."),
    (r"^TypeError: a bytes-like object is required, not 'str'",
     ".encode() makes bytes of a string, and .decode() a string of bytes."),
    (r"^Error: Incorrect padding", "The end of this Base64 is missing: it comes in groups of four characters."),
    (r"^TypeError: ([\w<>]+)\(\) takes [\w ]+ positional", "There is too much between the brackets of {0}."),
    (r"^(?:TypeError: list indices must be integers|AttributeError: 'list' object has no)",
     "This is a list: take one of its entries first, such as [0], or go through them with for."),
    (r"^TypeError: string indices must be integers", "This is a string, not a dict. Print it."),
    (r"^IndexError: \w+ index out of range", "There are not so many: len(…) says how many, and the first is [0]."),
    (r"^TypeError: Object of type (\w+) is not JSON",
     "JSON holds dicts, lists, strings and numbers, and {0} is none of them."),
    (r"^RuntimeError: Working outside of (?:request|application)", "This works only inside a route, while it answers."),
    (r"(?s)^(?:InvalidKeyError: |ValueError: Could not deserialize key|TypeError: .*PEM formatted key|"
     r".*no attribute 'sign')",
     "A token is signed with the private key, kit.settings.private_key, and algorithm=\"RS256\"; "
     "it is checked with the public key."),
    (r"^AssertionError: The setup method '(\w+)' can no longer be called",
     "An app that has answered takes no new routes. Make a new one, app = Flask(…), with all of them, and serve it."),
    (r"^AssertionError: View function mapping is overwriting an existing endpoint function: (\w+)",
     "Two routes of this app have a function of the same name. Give the second one another name than {0}."),
)  # fmt: skip


def watch() -> None:
    """Begin. Does nothing outside of a notebook, and when it has begun."""
    from .notebook import shell

    if (notebook := shell()) is not None:
        notebook.set_custom_exc((Exception,), _tell)
        if _tell_syntax not in notebook.events.callbacks["post_run_cell"]:
            notebook.events.register("pre_run_cell", _tell_endless)
            notebook.events.register("post_run_cell", _tell_syntax)


def sentence(error: BaseException) -> str:
    """What to do about an error that a cell raised; empty where its own words are all there is to say."""
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name:
        if error.name in FIRST:
            return f"→ {error.name} comes from the first code cell: run that one first. After a restart, {ABOVE}."
        if module := IMPORTED.get(error.name):
            return f"→ Write this line above it, and run the cell again: from {module} import {error.name}"
        near = _near(error.name, vars(sys.modules["__main__"])) or f"→ Is {error.name} spelt as above?"
        return f"{near} A string needs quotes. If an earlier cell makes it, {ABOVE}."
    if hasattr(error, "_render_traceback_"):
        return ""  # one of the kit's own: it has said all
    request = getattr(error, "request", None)
    if "ConnectionError" in type(error).__name__ and (url := getattr(request, "url", None)):
        return (STOPPED if _is_here(url) else UNREACHABLE).format(url=url.split("?")[0])
    return _usage(error) or _slip(error) or _misspelt(error)


def _misspelt(error: BaseException) -> str:
    """The attribute, or the name in a module, that was probably meant."""
    from .errors import is_cell

    if found := re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error)):
        return _near(found[1], dir(sys.modules.get(found[2])))
    if isinstance(error, ModuleNotFoundError):
        return _near(str(error.name), sys.modules)
    if isinstance(error, AttributeError) and is_cell(_where(error.__traceback__)):
        return _near(error.name or "", dir(error.obj))
    return ""


def _near(wrong: str, known: Iterable[str]) -> str:
    from .text import nearest

    near = nearest(wrong, [name for name in known if len(name) > 3 and not name.startswith("_")])
    return f"→ Did you mean {near}?" if near else ""


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
    if said or "site-packages" in _where(traceback):
        traceback, error.__cause__, error.__suppress_context__ = _own(traceback), None, True
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
    if said:
        print(said, file=sys.stderr)


def _where(way: TracebackType | None) -> str:
    """The file in which it went wrong."""
    while way is not None and way.tb_next is not None:
        way = way.tb_next
    return way.tb_frame.f_code.co_filename if way else ""


def _own(way: TracebackType | None) -> TracebackType | None:
    """The traceback as far as the reader's own last line: what comes below it, in others' code, says less."""
    from .errors import is_cell

    steps, step, kept = [], way, None
    while step is not None:
        steps.append(step)
        step = step.tb_next
    while steps and not is_cell(steps[-1].tb_frame.f_code.co_filename):
        steps.pop()
    for step in reversed(steps):
        kept = TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return kept or way


def _tell_endless(info: Any) -> None:
    """Before a cell that serves an app in the way that ends a program: it would run until it is stopped."""
    from .notebook import shell

    try:
        steps: list[ast.AST] = list(ast.parse(cell := info.raw_cell or "").body)
    except (SyntaxError, ValueError):  # also what is for IPython, such as %%writefile
        return
    for step in steps:  # what is inside an if or a try, too, but not inside a function
        if not isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            steps += ast.iter_child_nodes(step)
        match step:
            case ast.Call(ast.Attribute(ast.Name(name), "run")):
                app = shell().user_ns.get(name)
                if type(app).__name__ == "Flask" or re.search(rf"\b{name} *= *Flask\(", cell):
                    print(ENDLESS.format(name), file=sys.stderr, flush=True)


def _tell_syntax(result: Any) -> None:
    """After a cell that is not Python: ``from`` as the name of an option, or a comma that is not there."""
    error = result.error_before_exec
    line = error.text or "" if isinstance(error, SyntaxError) else ""
    if re.search(r"\bfrom\s*=", line):
        print(FROM, file=sys.stderr)
    elif missing := re.search(r"""["'\d\]}]\s+(["']\w+["'])\s*:""", line):
        print(f"→ Is there a comma missing before {missing[1]}?", file=sys.stderr)

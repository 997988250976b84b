"""``python -m helpers.simulator``: the same network as a service of its own, for a class or for other programs."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

from ..base.errors import KitError
from ..base.hosts import is_here
from ..base.text import print_anything
from . import Simulator
from .classroom.accounts import code_of
from .classroom.exchange import Exchange
from .routes.log import CallLog
from .run import PROG

ABOUT = """\
A Vonage Voice API on this machine: it keeps applications, numbers and calls, calls your webhooks, and lets you hear
the result. It needs no account and no internet."""

MORE = """\
environment variables:
  SIMULATOR_TOKEN   what the control plane takes as its token (default: made up at each start, and printed). There is
                    no option for it: everybody on a machine can see the options of its programs.
  SIMULATOR_PACE, SIMULATOR_STATE, SIMULATOR_SEED
                    what --pace, --state and --seed are when they are not given

To run a program of yours with it, unmodified: %(prog)s run --help

examples:
  %(prog)s --port 9000 --state account.json      real time, and the account stays
  %(prog)s --port 9000 --pace stepped --seed 1   for tests: time moves when told, ids repeat
  %(prog)s --class --port 9000 --host 192.168.1.5 --state accounts/  for a class

How to use it with curl, an SDK or in CI: docs/simulator.md"""

TICK = 0.5  # seconds between two looks at whether to stop: on Windows a wait without end does not notice Ctrl-C


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was asked for on the command line and in the environment."""
    parser = argparse.ArgumentParser(
        prog=PROG, description=ABOUT, epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    where = parser.add_argument_group("where it listens, and what it reaches")
    where.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    where.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    where.add_argument(
        "--reach", action="append", default=[], metavar="NETWORK",
        help="IP network it may call besides this machine, such as 192.168.0.0/16; may be given several times",
    )  # fmt: skip
    where.add_argument(
        "--prefix", default="", metavar="PATH",
        help="with --class: the path that leads here where it is behind something else, such as /services/exchange/",
    )  # fmt: skip
    parser.add_argument(
        "--class", dest="classroom", action="store_true",
        help="an account for each learner, who join with a word and call each other (docs/classroom.md); "
        "--state then is a folder",
    )  # fmt: skip
    how = parser.add_argument_group("how it works")
    default = os.environ.get
    how.add_argument(
        "--pace", default=default("SIMULATOR_PACE") or "1",
        help="1 is real time (the default), 20 is twenty times faster; stepped: time moves only when told",
    )  # fmt: skip
    how.add_argument(
        "--state", default=default("SIMULATOR_STATE"), metavar="FILE",
        help="file that keeps applications and numbers (default: they are gone at the end); several may share it",
    )  # fmt: skip
    how.add_argument("--seed", default=default("SIMULATOR_SEED"), help="makes ids, keys and secrets repeatable")
    log = parser.add_argument_group("what it says while it runs (on stderr)").add_mutually_exclusive_group()
    log.add_argument("--verbose", action="store_true", help="every request and every webhook, too")
    log.add_argument("--quiet", action="store_true", help="nothing but failures of the simulator itself")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Start the network, say where it is, and serve until Ctrl-C or SIGTERM. 0, or 1 when it cannot start.

    With ``run`` first, it is another command: :mod:`helpers.simulator.run.command`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["run"]:
        from .run.command import main as run

        return run(arguments[1:])
    print_anything()
    options = options_of(arguments)
    _log(options)
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is Windows' own
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    simulator = _simulator(options)
    try:
        with simulator:
            _greet(simulator, options.host)
            while not stop.wait(TICK):
                if not simulator.running:
                    print("The simulator has ended by itself. Please report what it said before.", file=sys.stderr)
                    return 1
    except KitError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _simulator(options: argparse.Namespace) -> Simulator:
    same: dict[str, Any] = {name: getattr(options, name) for name in ("pace", "seed", "host", "port")}
    log = partial(CallLog, clock=options.pace not in ("1", "1.0"))
    if options.classroom:
        folder = Path(options.state) if options.state else None
        return Exchange(**same, folder=folder, prefix=options.prefix, log=None if options.quiet else log)
    simulator = Simulator(**same, state=options.state, reach=tuple(options.reach))
    if not options.quiet:
        simulator.trace.subscribe(log())
    return simulator


def _log(options: argparse.Namespace) -> None:
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    usual = logging.DEBUG if options.verbose else logging.INFO
    logging.getLogger(__package__).setLevel(logging.ERROR if options.quiet else usual)


def _greet(simulator: Simulator, host: str) -> None:
    """The only place where secrets are shown: where to go, and what to sign in with."""
    token = "(SIMULATOR_TOKEN)" if os.environ.get("SIMULATOR_TOKEN") else simulator.token
    print(f"address     {simulator.url}")
    if isinstance(simulator, Exchange):
        print(f"to try it   {simulator.url}/class in any browser of the class")
        print(f"word        {simulator.accounts.word}")
        print(f"board       {simulator.url}/class/board")
        print(f"board code  {code_of(simulator.token)}  (for the teacher: keep this window off the beamer)")
    else:
        print(f"API key     {simulator.account.api_key}")
        print(f"API secret  {simulator.account.api_secret}")
    print(f"token       {token}")
    print(f"OpenAPI     {simulator.url}/simulator/openapi.json")
    print("Ctrl-C ends it.", flush=True)
    if not is_here(host):
        print(f"WARNING: it listens on {host}, so other machines can reach it, and nothing is encrypted.",
              file=sys.stderr, flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

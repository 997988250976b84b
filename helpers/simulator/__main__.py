"""``python -m helpers.simulator``: the same network as a service of its own, for a class or for other programs."""

from __future__ import annotations

import argparse
import sys
import threading

from helpers.errors import KitError
from helpers.simulator import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Start the network, say where it is, and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m helpers.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--pace", default="1", help="1 real time, 20 twenty times faster, or stepped")
    parser.add_argument("--state", help="file that keeps the account between runs")
    parser.add_argument("--seed", help="makes ids and the account repeatable")
    parser.add_argument(
        "--reach", action="append", default=[], metavar="NETWORK",
        help="IP network it may call besides this machine, such as 192.168.0.0/16",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    simulator = Simulator(
        pace=options.pace,
        seed=options.seed,
        state=options.state,
        host=options.host,
        port=options.port,
        reach=tuple(options.reach),
    )
    try:
        with simulator:
            print(f"address     {simulator.url}")
            print(f"API key     {simulator.account.api_key}")
            print(f"API secret  {simulator.account.api_secret}")
            print(f"token       {simulator.token}")
            print("Ctrl-C ends it.", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except KitError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line of ``run``: what stands before ``--``, and the command behind it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..phones.scripts import is_seconds
from . import PROG

ABOUT = """\
Starts a phone network, leads an unmodified program to it as if it were Vonage, and says at the end what was called.
The program finds account, application and number in its environment, as VONAGE_API_KEY and so on."""

MORE = """\
examples:
  %(prog)s -- node make-an-outbound-call.js
  %(prog)s --env .env --webhooks http://127.0.0.1:3000 --dial 447700900001 -- npm start
  %(prog)s --phone 447700900001=busy --heard heard -- python call.py

The exit code is the command's; 128 and the signal's number if one ended it; 124 after --timeout; 125 when run fails.
Which programs it leads, and how: docs/simulator.md"""


def options_of(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """What stands before ``--``, read, and the command behind it."""
    parser = argparse.ArgumentParser(
        prog=f"{PROG} run", usage="%(prog)s [options] -- command …", description=ABOUT,
        epilog=MORE, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--env", type=Path, metavar="FILE", help="the program's .env file: take over its credentials")
    parser.add_argument(
        "--webhooks", metavar="URL",
        help="where the program listens, such as http://127.0.0.1:3000: answer URL is /webhooks/answer there, event "
        "URL /webhooks/event",
    )  # fmt: skip
    parser.add_argument("--answer", metavar="PATH", default="/webhooks/answer", help="path of the answer URL instead")
    parser.add_argument("--event", metavar="PATH", default="/webhooks/event", help="path of the event URL instead")
    parser.add_argument(
        "--dial", action="append", default=[], metavar="NUMBER",
        help="let this phone call the program's number, once the port of --webhooks answers; may come several times",
    )  # fmt: skip
    parser.add_argument("--once", action="store_true", help="end the command when the calls of --dial are over")
    parser.add_argument(
        "--phone", action="append", default=[], metavar="NUMBER=HOW", type=phone_of,
        help="how a phone behaves: busy, declines …; a script as JSON: '[{\"do\": \"press\", \"digits\": \"1\"}]'; all "
        "settings as JSON: '{\"after\": 5}'; or a file with one of them: @phone.json",
    )  # fmt: skip
    parser.add_argument("--heard", type=Path, metavar="FOLDER", help="keep there what was heard on each phone, as WAV")
    parser.add_argument("--pace", default="1", help="20 is twenty times faster than real time, the default")
    parser.add_argument("--allow-outside", action="store_true", help="let the program reach other hosts than Vonage's")
    parser.add_argument("--timeout", type=seconds_of, metavar="SECONDS", help="end the command after this time")
    parser.add_argument(
        "--linger", type=seconds_of, default=30, metavar="SECONDS",
        help="wait so long at most until calls are over that go on when the command has ended (default: 30)",
    )  # fmt: skip
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = parser.parse_args(arguments[:at]), arguments[at + 1 :]
    if not command:
        parser.error("write the command behind --, as in: run -- node app.js")
    if options.dial and not options.webhooks:
        parser.error("--dial needs --webhooks: where is the program that takes the call?")
    return options, command


def seconds_of(text: str) -> float:
    """A time that can be waited for: ``inf`` and ``-1`` are numbers, too."""
    if not is_seconds(seconds := float(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a time to wait")
    return seconds


def phone_of(text: str) -> tuple[str, dict[str, Any]]:
    """``447700900001=busy`` and its like: the number, and the settings of the phone."""
    number, _, how = text.partition("=")
    try:
        how = Path(how[1:]).read_text("utf-8") if how.startswith("@") else how
        settings = json.loads(how) if how.lstrip()[:1] in ("[", "{") else {"behaviour": how.strip()}
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return number, {"script": settings} if isinstance(settings, list) else settings

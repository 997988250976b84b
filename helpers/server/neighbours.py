"""Tells whose a request is on a machine that many share, such as a hub: there every port is open to everybody on it."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .guard import Verdict

HERE = socket.inet_aton("127.0.0.1").ljust(16, b"\0")
FOREIGN = "it comes from somebody else on this machine"


def is_shared() -> bool:
    """Whether this is a hub, on a system that says whose a connection is: Linux does."""
    if "JUPYTERHUB_USER" not in os.environ or not hasattr(socket, "AF_NETLINK"):
        return False
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        return owner_of(client.getsockname()[1], server.getsockname()[1]) == os.getuid()


def verdict_of(environ: Mapping[str, Any]) -> Verdict | None:
    """None for a request of the user that runs this server. One whose sender has gone already is nobody's."""
    if owner_of(int(environ["REMOTE_PORT"]), int(environ["SERVER_PORT"])) == os.getuid():
        return None
    from .guard import Verdict  # which nobody else needs in simulated mode

    return Verdict(None, FOREIGN, "403 Forbidden")


def owner_of(here: int, there: int) -> int | None:
    """Whose the connection from one port of this machine to another is; None if there is none.

    Linux is asked for this one connection (sock_diag(7), inet_diag_req_v2): to read all in /proc/net/tcp takes 10 ms.
    """
    ends = struct.pack("!HH", here, there) + HERE + HERE + bytes(4) + b"\xff" * 8
    asked = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF) + ends
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 4) as kernel:  # NETLINK_SOCK_DIAG
            kernel.send(struct.pack("=IHHII", 16 + len(asked), 20, 1, 0, 0) + asked)  # SOCK_DIAG_BY_FAMILY, a request
            told = kernel.recv(4096)
    except OSError:
        return None
    # After its head an inet_diag_msg: 4 bytes, the 48 of the connection, three numbers, the uid. Or a short error.
    return int(struct.unpack_from("=I", told, 16 + 4 + 48 + 12)[0]) if len(told) >= 88 else None

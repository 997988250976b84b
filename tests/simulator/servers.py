"""Web servers that no framework would be: they count, reset, never end; and a call that must not notice them."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from helpers.audio.files import Samples, resample
from tests.matching import match
from tests.simulator.world import PATIENCE, World

BESIDE = "447700900009"
PUBLIC = "certificates.pem"


class RawServer:
    """Does with each request what a test says. With ``keep`` a connection takes more than one of them.

    Without ``whole`` whatever comes first counts as a request, also what is not HTTP.
    """

    def __init__(
        self, behave: Behaviour, *, keep: bool = False, tls: ssl.SSLContext | None = None, whole: bool = True
    ) -> None:
        self._behave, self._keep, self._tls, self._whole = behave, keep, tls, whole
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()  # for a behaviour that has no end
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._take, args=(connection,)))
                self._threads[-1].start()

    def _take(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the other side has had enough, or does not like the certificate
            if self._tls:  # what was accepted is empty from here on; hands are shaken as the first byte is read
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                self._open.append(connection)
            with connection:
                connection.settimeout(PATIENCE)
                while request := read(connection) if self._whole else connection.recv(65_536):
                    self.requests.append(request)
                    self._behave(self, connection)
                    if not self._keep:
                        return


Behaviour = Callable[[RawServer, socket.socket], object]


def read(connection: socket.socket) -> bytes:
    """One request, or nothing at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    top, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return top + b"\r\n\r\n" + body


def head(kind: str, *lines: str) -> bytes:
    """The beginning of a 200 reply, with these header lines."""
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *lines, "", ""]).encode()


def says(*parts: bytes, every: float = 0.0, again: bool = False) -> Behaviour:
    """Send these bytes, ``every`` so many seconds; ``again`` and again, the last of them."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
        while again and not server.over.wait(every):
            connection.sendall(parts[-1])

    return behave


def silence(server: RawServer, connection: socket.socket) -> None:
    """Take the request and never answer, until the other side goes."""
    connection.recv(1)


def resets(count: int, then: bytes) -> Behaviour:
    """Reset the first connections, answer the later ones."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        if server.connections <= count:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no orderly end
        else:
            connection.sendall(then)

    return behave


def self_signed(folder: Path, *hosts: str) -> ssl.SSLContext:
    """A certificate for these hosts, signed by itself: whoever is given the file ``PUBLIC`` in the folder trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the simulator's tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = folder / PUBLIC
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context


class Undisturbed:
    """A normal call beside whatever a test does: it must have its events and its sound all the same."""

    def __init__(self, world: World, noise: Samples, second: bytes) -> None:
        self._world, self._noise = world, noise
        url = world.learner.serve("beside.wav", second)
        self._event = world.learner.on("/beside", ("", 200))
        world.phone(BESIDE, after=1)
        self.call = world.call(
            {"action": "wait", "timeout": 1},
            {"action": "stream", "streamUrl": [url]},
            {"action": "wait", "timeout": 3},
            to=[{"type": "phone", "number": BESIDE}],
            event_url=[self._event],
        )

    def check(self) -> None:
        """It is over, and was as it should be."""
        world = self._world
        world.until(self.call)
        told = [one["status"] for one in world.learner.payloads("/beside")]
        assert told == ["started", "ringing", "answered", "completed"]
        heard = world.heard(self.call)
        found = match(heard, resample(self._noise, 16_000, 8000), 8000)
        assert found.score > 0.9
        assert found.offset == pytest.approx(1.0, abs=0.02)
        assert len(heard) == 5 * 8000

"""A certificate authority for an hour: it vouches for one https door on this machine, and for nothing else."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path

ADDRESS = ipaddress.ip_address("127.0.0.1")


class Authority:
    """Made on the spot, in a folder of its own that only its owner may read; stop() removes it with the key.

    ``hosts`` are those that a proxy leads to the door; the door is known as ``name``. ``bundle`` is a file of all
    certificates that a client needs, ``own`` of the authority's alone, for clients that add it to theirs.
    """

    def __init__(self, name: str, hosts: Iterable[str]) -> None:
        self.bundle = self.own = ""
        self._name, self._hosts = name, ("localhost", *hosts)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> ssl.SSLContext:
        """What a server on loopback answers https with."""
        self._folder = tempfile.TemporaryDirectory(prefix=f"{self._name.replace(' ', '-')}-")
        folder = Path(self._folder.name)
        chain, authority = _made(self._name, self._hosts)
        self.own = str(_private(folder / "authority.pem", authority))
        self.bundle = str(_private(folder / "certificates.pem", _trusted_anyway() + authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_private(folder / "door.pem", chain))
        return context

    def stop(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
        self.bundle, self.own, self._folder = "", "", None


def _trusted_anyway() -> bytes:
    """The certificates that this machine's settings name; else the usual ones. A school may have its own."""
    import certifi

    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or ""
    file = Path(named) if named and Path(named).is_file() else Path(certifi.where())
    return file.read_bytes().rstrip() + b"\n"


def _private(file: Path, text: bytes) -> Path:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(text)
    return file


def _made(name: str, hosts: Iterable[str]) -> tuple[bytes, bytes]:
    """The door's key and certificate in one PEM text, and the authority's certificate in another.

    With keyUsage and both key identifiers, since Python 3.13 looks for them.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.UTC)
    keys = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (f"{name} CA", name)]

    def certificate(which: int, *more: x509.ExtensionType) -> bytes:
        built = (
            x509.CertificateBuilder().subject_name(names[which]).issuer_name(names[0])
            .public_key(keys[which].public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=which == 0, path_length=0 if which == 0 else None), critical=True)
            .add_extension(x509.KeyUsage(which == 1, False, False, False, False, which == 0, which == 0, False, False),
                           critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[which].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        )  # fmt: skip
        for extension in more:
            built = built.add_extension(extension, critical=False)
        return built.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    names_of_it = [*map(x509.DNSName, hosts), x509.IPAddress(ADDRESS)]
    server = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
    return private + certificate(1, x509.SubjectAlternativeName(names_of_it), server), certificate(0)

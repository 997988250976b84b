"""The environment variables that lead clients of many languages through the doors, and the files they name."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

from ...base.authority import Authority
from ...settings.proxy import HERE
from .doors import HOSTS, Doors

JAVA_PASSWORD = "changeit"  # as that of every trust store of Java's; only certificates are in this one
LEAD = Path(__file__).with_name("lead.js")


def leading(
    doors: Doors, authority: Authority, folder: Path, given: Mapping[str, str], outside: bool
) -> dict[str, str]:
    """What to set beside what is ``given``. Which client reads which: docs/simulator.md, "What leads which program"."""
    here = ",".join(HERE)
    return {
        # Ruby looks at http_proxy for https, too.
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), doors.proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), here),
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), authority.bundle),
        **_node(doors, authority, folder, given, outside),
        **_php(authority, folder, given),
        **(_java(doors, authority, folder, given) if shutil.which("java", path=given.get("PATH")) else {}),
    }


def _node(doors: Doors, authority: Authority, folder: Path, given: Mapping[str, str], outside: bool) -> dict[str, str]:
    """A preload file, since Node knows proxies only in its latest versions, and agents of one's own do not then."""
    lead = folder / "lead.cjs"  # by this name it is CommonJS, whatever package it lies in
    lead.write_bytes(LEAD.read_bytes())
    settings = {"hosts": HOSTS, "endpoint": doors.endpoint, "proxy": int(doors.proxy.rpartition(":")[2]),
                "ca": authority.own, "outside": outside}  # fmt: skip
    return {
        "NODE_EXTRA_CA_CERTS": authority.own,
        "NODE_OPTIONS": f"{given.get('NODE_OPTIONS', '')} --require {json.dumps(lead.as_posix())}".strip(),
        "VOICE_SIMULATOR_RUN": json.dumps(settings),
    }


def _php(authority: Authority, folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """One more folder of settings: PHP's curl and streams look for certificates nowhere else."""
    (folder / "run.ini").write_text(
        f'curl.cainfo="{authority.bundle}"\nopenssl.cafile="{authority.bundle}"\n', encoding="utf-8"
    )
    return {"PHP_INI_SCAN_DIR": f"{given.get('PHP_INI_SCAN_DIR', '')}:{folder}"}


def _java(doors: Doors, authority: Authority, folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """System properties, since Java looks at no variable but this one; it says so on stderr."""
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
    from cryptography.x509 import load_pem_x509_certificates

    store = folder / "trust.p12"
    with warnings.catch_warnings():  # about some that everybody trusts, and that are odd
        warnings.simplefilter("ignore")
        found = load_pem_x509_certificates(Path(authority.bundle).read_bytes())
    named = [PKCS12Certificate(one, f"{number}".encode()) for number, one in enumerate(found)]
    store.write_bytes(serialize_java_truststore(named, BestAvailableEncryption(JAVA_PASSWORD.encode())))
    host, _, port = doors.proxy.removeprefix("http://").partition(":")
    properties = {
        "https.proxyHost": host, "https.proxyPort": port, "javax.net.ssl.trustStore": store.as_posix(),
        "javax.net.ssl.trustStoreType": "PKCS12", "javax.net.ssl.trustStorePassword": JAVA_PASSWORD,
    }  # fmt: skip
    told = " ".join(f"-D{name}={value}" for name, value in properties.items())
    return {"JAVA_TOOL_OPTIONS": f"{given.get('JAVA_TOOL_OPTIONS', '')} {told}".strip()}

"""What must never be stored in a lesson: keys, tokens, paths of a machine, real phone numbers, live host names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{24,}",
    "a JSON Web Token": r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    "a login in an Authorization header": r"\bBasic (?=[A-Za-z0-9+/]*[A-Z0-9])[A-Za-z0-9+/]{16,}={0,2}",
    # A value counts as a secret when letters and digits are mixed in it; names of variables are left alone.
    "an API secret": r"(?i)(?:secret|auth_?token|password)[\"']?\s*[:=]\s*[\"']?"
    r"(?=[a-z]*\d)(?=\d*[a-z])(?![a-z0-9]*_)[a-z0-9]{12,}",
}
MACHINE_PATH = r"(?<![\w.:/~-])/(?:home|root|work|Users|tmp|private/var)/[\w.-]+|\b[A-Z]:\\+Users\\+\w+"
TUNNEL_HOST = r"ngrok(?:-free)?\.(?:app|dev|io)|trycloudflare\.com|loca\.lt|serveo\.net"
TUNNEL = rf"(?<![\w.-])(?!your-)[\w-]+\.(?:[\w-]+\.)?(?:{TUNNEL_HOST})\b"

# Numbers that regulators keep free for fiction: 07700 900000-900999 (Ofcom), 555-0100 to 0199 (NANPA).
BRITISH = r"(?:\+?44[ -]?(?:\(0\))?|0)7700[ -]?900[ -]?\d{3}"
AMERICAN = r"(?:\+?1[ -]?)?\(?\d{3}\)?[ -]?555[ -]?01\d\d"
FICTION = rf"(?<!\d)(?:{BRITISH}|{AMERICAN})(?!\d)"
DATE_OR_ID = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
NUMBER = r"(?<![\w.:/#$-])\+?\(?\d[\d ()-]{7,17}\d(?![\w-]|\.\d)"

# Hosts an output may name: loopback, names reserved for documentation (RFC 2606), and the API's documented ones.
# YOUR_URL, as a flow of the tutorial has it, is none; nor is the name of SVG's namespace.
HOST = r"(?<!xmlns=\")(?<!xmlns=%22)https?://(?!YOUR_URL\b)(?:[^/\s@]*@)?([A-Za-z0-9.-]+)"
KNOWN_HOST = (
    r"(?:127\.0\.0\.1|localhost|(?:.*\.)?example(?:\.(?:com|org|net))?|.*\.(?:example|test|invalid)"
    r"|(?:api|rest)\.nexmo\.com|(?:.*\.)?vonage\.com)$"
)


def leaks(text: str, *, output: bool) -> Iterator[str]:
    """What is wrong with a text, one sentence each. In an ``output`` only documented hosts are allowed."""
    for what, pattern in SECRETS.items():
        if re.search(pattern, text):
            yield f"holds {what}: print it masked"
    for path in _found(MACHINE_PATH, text):
        yield f"names a folder of one machine ({path}): print paths relative to the project"
    for host in _found(TUNNEL, text):
        yield f"names a live tunnel ({host}): say YOUR_URL"
    for number in real_numbers(text):
        yield f"holds a phone number that may be somebody's ({number}): use 447700900000 to …999 or 12025550100 to …199"
    if output:
        for host in sorted({match[1].rstrip(".") for match in re.finditer(HOST, text)}):
            if not re.match(KNOWN_HOST, host):
                yield f"prints a live host name ({host}): print only 127.0.0.1, example.com and the API's own hosts"


def real_numbers(text: str) -> list[str]:
    """Phone numbers in the text that exist in some numbering plan and are not reserved for fiction."""
    text = re.sub(f"{FICTION}|{DATE_OR_ID}", "…", text)
    return [found for found in _found(NUMBER, text) if _is_valid(found)]


def _is_valid(found: str) -> bool:
    digits = re.sub(r"\D", "", found)
    if not 9 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    spelled_out = found.startswith("0") or digits != found
    return _valid(f"+{digits}", None) or (spelled_out and any(_valid(digits, region) for region in ("GB", "US")))


def _valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _found(pattern: str, text: str) -> list[str]:
    return sorted({match[0].strip() for match in re.finditer(pattern, text)})

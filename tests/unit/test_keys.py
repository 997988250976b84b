"""Private keys in every form people have them in, and the tokens they sign."""

from __future__ import annotations

import base64
import re
import textwrap
import time
import traceback
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dotenv import dotenv_values

from helpers.base.errors import KitError
from helpers.settings.keys import (
    PrivateKeyError,
    TokenError,
    decode_jwt,
    load_private_key,
    make_jwt,
    private_key_text,
    token_faults,
    verify_jwt,
)

APPLICATION = "0b1e6a52-5f3d-4a0e-9b7d-0d6f1c2a3b4c"
NOW = 1_800_000_000


@pytest.fixture(scope="session")
def pkcs1(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture(scope="session")
def public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="session")
def locked(key: rsa.RSAPrivateKey) -> dict[str, str]:
    secret = BestAvailableEncryption(b"word")
    forms = {"PKCS8": PrivateFormat.PKCS8, "PKCS1": PrivateFormat.TraditionalOpenSSL}
    return {name: key.private_bytes(Encoding.PEM, form, secret).decode() for name, form in forms.items()}


def refusal(text: str | Path, folder: Path | None = None) -> str:
    """The message, after making sure that nothing of the key can be seen in it or in its traceback."""
    with pytest.raises(PrivateKeyError) as error:
        load_private_key(text, folder)
    shown = "".join(traceback.format_exception(error.value)) + repr(vars(error.value))
    assert error.value.__cause__ is None
    pieces = [line for line in re.split(r"\s+", str(text)) if len(line) >= 40 and "/" not in line[:2]]
    assert not [piece for piece in pieces if piece in shown]
    assert error.value.cure
    return str(error.value)


# --- accepted --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda pem: pem,
        lambda pem: pem.strip(),
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: pem.replace("\n", "\\n"),
        lambda pem: pem.replace("\n", "\\r\\n"),
        lambda pem: pem.replace("\n", ""),
        lambda pem: pem.replace("\n", " "),
        lambda pem: f'"{pem}"',
        lambda pem: "\n".join(f"    {line}" for line in pem.splitlines()),
        lambda pem: f"Bag Attributes\n{pem}",
        lambda pem: pem.replace("\n", "\u00a0"),
        lambda pem: pem.replace("\n", "\u200b\n"),
        lambda pem: f"\ufeff{pem[:300]}\u00ad{pem[300:]}\u202c",
        lambda pem: pem.replace(" PRIVATE", "\u00a0PRIVATE"),
    ],
    ids=["as made", "no end", "windows", "\\n", "\\r\\n", "one line", "spaces", "quotes", "indented", "text before",
         "odd spaces", "zero width", "marks", "odd space in its first line"],
)  # fmt: skip
def test_a_whole_key_is_read_in_any_form(change: object, pem: str, pkcs1: str, key: rsa.RSAPrivateKey) -> None:
    assert callable(change)
    for form in (pem, pkcs1):
        assert private_key_text(change(form)) == form
        assert load_private_key(change(form)).private_numbers() == key.private_numbers()


def in_base64(pem: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(pem.encode(encoding)).decode()


@pytest.mark.parametrize(
    "form",
    [
        in_base64,
        lambda pem: in_base64(f"\n{pem}"),
        lambda pem: in_base64(pem, "utf-16"),
        lambda pem: in_base64(pem).rstrip("="),
        lambda pem: textwrap.fill(in_base64(pem), 76),
        lambda pem: base64.urlsafe_b64encode(b"\xef\xbb\xbf" + pem.encode()).decode(),
        lambda pem: "\u202a" + in_base64(pem.replace("\n", "\u200b\n")).replace("LS0t", "LS\u200b0t"),
    ],
    ids=["as samples keep it", "empty line first", "utf-16", "unpadded", "in lines", "url-safe, marked", "unseen"],
)
def test_base64_of_a_whole_key_is_read_as_text_and_from_a_file(
    tmp_path: Path, form: Callable[[str], str], pem: str, pkcs1: str
) -> None:
    for key in (pem, pkcs1):
        (tmp_path / "key64").write_text(form(key), encoding="utf-8")
        assert private_key_text(form(key)) == private_key_text("key64", tmp_path) == key


@pytest.mark.parametrize("length", [120, 121, 900, 1201, 1202])
def test_base64_that_was_cut_off_is_told_and_not_shown(pem: str, length: int) -> None:
    assert "cut off: its -----END" in refusal(in_base64(pem)[:length])


def test_base64_of_something_else_is_no_key(public: str) -> None:
    assert "a public key; the private one is needed" in refusal(in_base64(public))
    assert "without its -----BEGIN" in refusal(in_base64("Something else" * 20))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_key_file_of_windows_is_read(tmp_path: Path, encoding: str, pem: str) -> None:
    (tmp_path / "a.key").write_bytes(pem.replace("\n", "\r\n").encode(encoding))
    assert private_key_text("a.key", tmp_path) == pem


@pytest.mark.parametrize("path", [r"C:\new\rest\private.key", r"keys\new.key", r"a\b\c\f\t\v\r.pem"])
def test_a_path_in_double_quotes_is_the_path_that_was_written(tmp_path: Path, path: str) -> None:
    lost = dotenv_values(stream=StringIO(f'KEY="{path}"'))["KEY"]
    assert lost and lost != path
    assert f"no private key file {path}" in refusal(lost, tmp_path)


def test_a_key_is_read_from_a_file(tmp_path: Path, pem: str, key: rsa.RSAPrivateKey) -> None:
    (tmp_path / "private.key").write_bytes(b"\xef\xbb\xbf" + pem.encode())
    for path in (tmp_path / "private.key", str(tmp_path / "private.key")):
        assert load_private_key(path).private_numbers() == key.private_numbers()
    assert private_key_text("private.key", tmp_path) == pem
    # As the properties of a file in Windows give a path away, and as a web page does.
    for path in (f"\u202a{tmp_path / 'private.key'}\u202c", f"\u00a0{tmp_path / 'private.key'}\u200b"):
        assert private_key_text(path) == pem
    (tmp_path / "my\u200ckey.pem").write_text(pem)
    assert private_key_text("my\u200ckey.pem", tmp_path) == pem


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", '""', "\n"])
def test_empty(text: str) -> None:
    assert "is empty" in refusal(text)


def test_no_file(tmp_path: Path) -> None:
    assert "There is no private key file keys/private.key." in refusal("keys/private.key", tmp_path)
    assert "Its name holds U+200B (zero width space)" in refusal("keys/private\u200b.key", tmp_path)
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "empty.key").write_text(" \n")
    assert "empty.key is empty" in refusal("empty.key", tmp_path)
    assert "cannot be read: its name is not a path" in refusal("a.key\0", tmp_path)


def test_a_secret_in_the_wrong_line_is_not_shown(tmp_path: Path) -> None:
    text = refusal("S3cretS3cretS3cr", tmp_path)
    assert "S3cret" not in text and "(16 characters)" in text


def test_der_is_not_text(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    (tmp_path / "a.key").write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    assert "is not text" in refusal("a.key", tmp_path)


@pytest.mark.parametrize("form", ["lines", "one line", "\\n"])
def test_cut_off(pem: str, form: str) -> None:
    text = {"lines": pem, "one line": pem.replace("\n", ""), "\\n": pem.replace("\n", "\\n")}[form]
    assert "cut off: its -----END" in refusal(text[:900])
    assert "cut off: its -----END" in refusal("-----BEGIN PRIVATE KEY-----")


def test_a_piece_missing_in_the_middle_is_counted(pem: str) -> None:
    lines = pem.splitlines()
    had = re.search(r"(\d+) of (\d+) bytes", refusal("\n".join(lines[:10] + lines[-1:])))
    assert had and int(had[1]) == 9 * 48 < int(had[2])


def test_its_first_line_missing(pem: str) -> None:
    body = "\n".join(pem.splitlines()[1:])
    assert "without its -----BEGIN" in refusal(body)
    assert "without its -----BEGIN" in refusal(pem.splitlines()[1])


@pytest.mark.parametrize("fill", ["*", "A"])
def test_damaged(pem: str, fill: str) -> None:
    lines = pem.splitlines()
    lines[3:6] = [fill * 64] * 3
    assert "damaged" in refusal("\n".join(lines))


@pytest.mark.parametrize("strange", ["…", "•", "ä", "–"])
def test_a_character_that_no_key_has_is_named(pem: str, strange: str) -> None:
    assert f"it holds “{strange}”, which a key cannot have" in refusal(pem[:200] + strange + pem[300:])


def test_other_kinds_of_key_are_named(public: str, locked: dict[str, str], pem: str) -> None:
    assert "a public key; the private one is needed" in refusal(public)
    assert "an SSH public key" in refusal("ssh-rsa AAAAB3Nz-----\n")
    assert "locked with a passphrase" in refusal(locked["PKCS8"])
    assert "locked with a passphrase" in refusal(locked["PKCS1"])
    assert "There are 2 keys" in refusal(pem + public)
    assert "not a private key" in refusal("-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----")


def test_elliptic_curve_and_short_keys() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    for form, says in ((PrivateFormat.PKCS8, "not an RSA key but EC"), (PrivateFormat.TraditionalOpenSSL, "an EC key")):
        assert says in refusal(curve.private_bytes(Encoding.PEM, form, NoEncryption()).decode())
    short = rsa.generate_private_key(65537, 1024)
    text = short.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert "too short: 1024 bits" in refusal(text)


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_holds_the_four_claims_and_a_good_signature(key: rsa.RSAPrivateKey, public: str) -> None:
    before = int(time.time())
    token = make_jwt(APPLICATION, key)
    claims = jwt.decode(token, public, algorithms=["RS256"])
    assert set(claims) == {"application_id", "iat", "jti", "exp"}
    assert claims["application_id"] == APPLICATION and claims["exp"] - claims["iat"] == 900
    assert before <= claims["iat"] <= time.time()
    assert decode_jwt(token) == ({"alg": "RS256", "typ": "JWT"}, claims)


def test_each_token_has_its_own_id(key: rsa.RSAPrivateKey) -> None:
    tokens = [make_jwt(APPLICATION, key, now=NOW, ttl=60) for _ in range(3)]
    assert len({decode_jwt(token)[1]["jti"] for token in tokens}) == 3
    assert decode_jwt(tokens[0])[1]["exp"] == NOW + 60


def test_signatures_of_another_key_are_told_apart(key: rsa.RSAPrivateKey, public: str) -> None:
    token = make_jwt(APPLICATION, key, now=NOW)
    head, claims, signature = token.split(".")
    assert verify_jwt(token, public)
    assert not verify_jwt(f"{head}.{claims}.{signature[::-1]}", public)
    with pytest.raises(KitError, match="not a public key"):
        verify_jwt(token, "nonsense")


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "…", "eyJhbGciOiJSUzI1NiJ9.e30"])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(TokenError, match=r"header\.claims\.signature"):
        decode_jwt(text)


def test_a_good_token_has_no_fault(key: rsa.RSAPrivateKey) -> None:
    header, claims = decode_jwt(make_jwt(APPLICATION, key, now=NOW))
    assert token_faults(header, claims, now=NOW + 5, application_id=APPLICATION) == []


@pytest.mark.parametrize(
    ("claims", "algorithm", "says"),
    [
        ({"iat": NOW - 1000, "exp": NOW - 100}, "RS256", "expired 100 s ago"),
        ({"iat": NOW - 1000}, "RS256", "expired 100 s ago"),
        ({"iat": NOW + 90}, "RS256", "iat is 90 s in the future"),
        ({"iat": NOW, "exp": NOW + 90_000}, "RS256", "more than 24 hours"),
        ({"iat": NOW, "jti": ""}, "RS256", "jti is missing"),
        ({"iat": "now"}, "RS256", "iat is not a number"),
        ({"iat": NOW, "application_id": "another"}, "RS256", "another application"),
        ({"iat": NOW}, "RS512", "alg is RS512"),
    ],
)
def test_what_vonage_would_refuse_is_said(
    key: rsa.RSAPrivateKey, claims: dict[str, object], algorithm: str, says: str
) -> None:
    token = jwt.encode({"application_id": APPLICATION, "jti": "1", **claims}, key, algorithm=algorithm)
    faults = token_faults(*decode_jwt(token), now=NOW, application_id=APPLICATION)
    assert any(says in fault for fault in faults)

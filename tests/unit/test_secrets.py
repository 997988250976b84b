"""Secrets work wherever a text does, and are shown nowhere."""

from __future__ import annotations

import copy
import gc
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import quote_plus

import jwt
import pytest
import requests
from flask import Flask

from helpers.base.errors import KitError
from helpers.base.masking import mask
from helpers.base.secret import Secret, reveal
from helpers.kit import Kit
from helpers.server.server import BackgroundServer
from helpers.settings.checks import SECRETS
from helpers.settings.env_file import read_env
from helpers.settings.keys import load_private_key
from helpers.settings.settings import Settings, load_settings
from helpers.vonage import Vonage

PLANTED = {"api_secret": "S3cretS3cret", "signature_secret": "signed-by\"me'\\", "ngrok_authtoken": "2ngrok_Token",
           "simulator_token": "simulator/token+1"}  # fmt: skip


@pytest.fixture
def settings(pem: str, tmp_path: Path) -> Settings:
    return Settings(mode="live", api_key="abcd1234", private_key=pem, application_id="0" * 8,
                    api_url="http://127.0.0.1:9", dotenv=tmp_path / ".env", **PLANTED)  # fmt: skip


def found_in(text: str, pem: str) -> list[str]:
    plain = text.replace("\\", "")
    lines = [line for line in pem.splitlines() if "-----" not in line]
    return [one for one in (*PLANTED.values(), *lines) if one in text or one.replace("\\", "") in plain]


# --- where a secret is shown -----------------------------------------------------------------------------------------


LOOKS: dict[str, Callable[[Settings], object]] = {
    "repr": lambda s: [repr(getattr(s, name)) for name in SECRETS],
    "str": lambda s: [str(getattr(s, name)) for name in SECRETS],
    "f-string": lambda s: f"{s.api_secret} {s.private_key!r} {s.ngrok_authtoken:>20} {s.signature_secret!s}",
    "percent": lambda s: "%s %r" % (s.api_secret, s.simulator_token),  # noqa: UP031
    "format": lambda s: "{} {!r}".format(s.api_secret, s.private_key),  # noqa: UP032
    "vars": vars,
    "vars of one": lambda s: [getattr(s, "__dict__", {}) for s in (s.api_secret, s.private_key)],
    "asdict": asdict,
    "pprint": lambda s: pprint.pformat(vars(s)),
    "pickle": lambda s: [pickle.dumps(s, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)],
    "pickle of one": lambda s: pickle.dumps(s.private_key),
    "the kit": lambda s: (vars(kit := Kit(s)), vars(kit.server), vars(kit.vonage), kit.loaded),
}


@pytest.mark.parametrize("how", LOOKS)
def test_a_secret_is_shown_nowhere(settings: Settings, pem: str, how: str) -> None:
    shown = str(LOOKS[how](settings))
    assert found_in(shown, pem) == []
    assert "…" in shown or r"\xe2\x80\xa6" in shown or how == "vars of one"


def test_what_shows_it_would_be_noticed(settings: Settings, pem: str) -> None:
    shown = json.dumps([getattr(settings, name) for name in SECRETS])
    assert len(found_in(shown, pem)) == len(PLANTED) + len(pem.splitlines()) - 2


def test_a_secret_that_is_not_set_says_so(pem: str) -> None:
    assert (repr(Settings().api_secret), str(Settings().api_secret), bool(Settings().api_secret)) == ("''", "", False)


def test_a_secret_works_as_the_text_that_it_is(settings: Settings, pem: str) -> None:
    secret = settings.api_secret
    assert (secret, secret[:], len(secret), secret.encode()) == ("S3cretS3cret", "S3cretS3cret", 12, b"S3cretS3cret")
    assert secret in {"S3cretS3cret": 1} and settings.private_key.splitlines() == pem.splitlines()
    sent = requests.Request("POST", "http://127.0.0.1", auth=("k", secret), data={"s": secret}, params={"s": secret})
    prepared = sent.prepare()
    assert prepared.headers["Authorization"] == requests.auth._basic_auth_str("k", "S3cretS3cret")
    assert (prepared.body, prepared.path_url) == ("s=S3cretS3cret", "/?s=S3cretS3cret")
    assert jwt.encode({}, settings.private_key, "RS256") == jwt.encode({}, pem, "RS256")
    assert load_private_key(settings.private_key).private_numbers() == load_private_key(pem).private_numbers()
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    assert reveal(replace(settings).private_key) == reveal(copy.deepcopy(settings).private_key) == pem


def test_a_secret_is_written_as_it_is(settings: Settings, pem: str) -> None:
    settings.save(**{name: getattr(settings, name) for name in SECRETS})
    assert reveal(load_settings({"VOICE_MODE": "live"}, settings.dotenv).signature_secret) == "signed-by\"me'\\"
    assert read_env(settings.dotenv)["NGROK_AUTHTOKEN"] == "2ngrok_Token"
    assert settings.key_file(settings.application_id).read_text() == pem


# --- errors ----------------------------------------------------------------------------------------------------------


def test_each_error_masks_the_values_of_all_settings_there_are(settings: Settings, pem: str) -> None:
    other = Settings(api_secret="Another-kits-secret")
    said = [f"{PLANTED} and {pem}", f"{pem!r} {quote_plus(pem)}", *pem.splitlines()[1:4], "Another-kits-secret"]
    for text in (*said, *PLANTED.values(), *map(json.dumps, PLANTED.values()), *map(quote_plus, PLANTED.values())):
        error = KitError(f"This {text} is wrong.", f"Try {text}!", given=text, several=(text, 1), count=1)
        shown = f"{error!r} {vars(error)} {error._render_traceback_()} {pickle.dumps(error)!r}"
        assert found_in(shown, pem) == [] and "Another" not in shown and quote_plus(pem)[60:100] not in shown
        assert str(error).startswith("This ") and error.several[1] == 1  # type: ignore[attr-defined]
    assert other.api_secret


def test_a_secret_that_nobody_holds_any_more_is_a_word_like_others() -> None:
    first, second = Secret("the-same-secret"), Secret("the-same-secret")
    del first
    gc.collect()
    assert str(KitError("the-same-secret")) == "…"
    del second
    gc.collect()
    assert str(KitError("the-same-secret")) == "the-same-secret"
    short = Secret("short")
    assert str(KitError("a short one")) == "a short one"
    assert short


def test_words_about_keys_stay() -> None:
    text = "Copy it from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, or write VONAGE_PRIVATE_KEY=its.key"
    assert str(KitError(text)) == text


@pytest.mark.parametrize("cut", [0, 1, 40, 800])
def test_a_private_key_that_no_setting_holds_is_masked_too(pem: str, cut: int) -> None:
    given = pem[:-cut] if cut else pem
    for text in (given, repr(given), given.replace("\n", " "), str({"keys": {"private_key": given}})):
        assert found_in(str(KitError(f"{text} is not an application.")), pem) == []


def test_keep_prints_no_key(settings: Settings, pem: str) -> None:
    for given in (pem, settings.private_key, settings.api_secret, settings.api_secret[:], {"keys": pem}):
        with pytest.raises(KitError, match=r"is not an application\. Give the reply") as caught:
            Kit(settings).keep(application=given)  # type: ignore[arg-type]
        assert found_in(str(caught.value), pem) == []


def test_the_way_of_an_error_holds_no_secret_in_its_local_variables(
    settings: Settings, pem: str, tmp_path: Path
) -> None:
    settings.save(**{name: getattr(settings, name) for name in SECRETS})
    (tmp_path / ".env").write_text((tmp_path / ".env").read_text() + "VONAGE_NUMBER=nobody\n")
    (tmp_path / "half.key").write_text(pem[:800])
    live = {"VOICE_MODE": "live"}
    fails: list[Callable[[], object]] = [
        lambda: load_settings(live, tmp_path / ".env"),
        lambda: load_settings({**live, "VONAGE_PRIVATE_KEY": pem[:800]}, tmp_path / ".env"),
        lambda: settings.use(private_key=pem[:800]),
        lambda: settings.save(private_key=pem, colour="red"),
        lambda: load_private_key(pem[:800]),
        lambda: load_private_key("half.key", tmp_path),
        lambda: Kit(settings).keep(application={"id": "x", "keys": {"private_key": pem[:800]}}),
        Vonage(settings).list_applications,
        Vonage(settings).list_calls,
    ]
    for fail in fails:
        with pytest.raises(KitError) as caught:
            fail()
        frames = caught.value.__traceback__
        while frames and frames.tb_frame.f_code.co_filename == __file__:  # the test's own hold everything
            frames = frames.tb_next
        told = traceback.TracebackException(caught.type, caught.value, frames, capture_locals=True)
        shown = "".join(told.format())
        assert "base/secret.py" in shown or "vonage/transport.py" in shown
        assert found_in(shown, pem) == [] and "Basic " not in shown and "Bearer " not in shown


# --- logs ------------------------------------------------------------------------------------------------------------


def test_what_a_route_raises_is_logged_without_a_secret(
    settings: Settings, pem: str, server: BackgroundServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = Flask("learner")
    app.add_url_rule("/fails", "fails", lambda: {}[settings.api_secret[:] + pem])
    server.handle(app)
    requests.get(f"{server.url}/fails", timeout=10)
    assert "KeyError" in caplog.text and "Exception on /fails" in caplog.text
    assert found_in(caplog.text, pem) == []


def test_addresses_are_logged_without_a_secret(
    settings: Settings, pem: str, server: BackgroundServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Vonage(settings.use(api_url=server.url)) as vonage, pytest.raises(KitError):
        vonage.list_applications()
    requests.get(f"{server.url}/", params={**PLANTED, "key": settings.private_key}, timeout=10)
    assert "GET /?" in caplog.text
    assert found_in(requests.utils.unquote(caplog.text), pem) == []


def test_masking_takes_known_values_out_wherever_they_stand(settings: Settings) -> None:
    assert settings.ngrok_authtoken
    assert mask("GET /2ngrok_Token?x=simulator%2Ftoken%2B1") == "GET /…?x=…"

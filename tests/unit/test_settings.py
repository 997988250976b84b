"""Settings: where they come from, what is refused, what is shown, what is written."""

from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from helpers.settings.checks import VARIABLES
from helpers.settings.env_file import changed, quoted, read_env, write_env
from helpers.settings.settings import Settings, SettingsError, load_settings

APPLICATION = "0b1e6a52-5f3d-4a0e-9b7d-0d6f1c2a3b4c"
LIVE = {"VOICE_MODE": "live"}
ACCOUNT = {"VONAGE_API_KEY": "abcd1234", "VONAGE_API_SECRET": "S3cretS3cret", "VONAGE_NUMBER": "447700900000"}


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


# --- mode ------------------------------------------------------------------------------------------------------------


def test_nothing_set_is_simulated_and_stepped(dotenv: Path) -> None:
    settings = load_settings({}, dotenv)
    assert (settings.mode, settings.live, settings.pace, settings.api_url) == ("simulated", False, "stepped", "")
    assert settings.state == dotenv.parent / ".simulator" / "account.json"
    assert settings.audio.name == "audio" and settings.notebooks.parent == settings.project


def test_credentials_in_the_environment_never_turn_live_mode_on(dotenv: Path) -> None:
    settings = load_settings({**ACCOUNT, "VONAGE_API_URL": "https://api.nexmo.com"}, dotenv)
    assert settings.mode == "simulated"
    assert (settings.api_key, settings.api_secret, settings.number, settings.api_url) == ("", "", "", "")
    assert settings.rest_url == ""


def test_simulated_mode_does_not_even_judge_the_live_lines(dotenv: Path) -> None:
    assert load_settings({"VONAGE_PRIVATE_KEY": "no/such.key", "VONAGE_NUMBER": "x"}, dotenv).private_key == ""


LINES = {
    "LIVE_NUMBERS": "447700900002, sip:reception@sip.example.com,app:alice,wss://socket.example.com/in",
    "LIVE_URLS": "https://mine.example/answer/",
    "LIVE_BUDGET": "0.50",
    "LIVE_CALLS_AT_ONCE": "2",
}


def test_what_may_be_called_and_spent_is_read_in_live_mode_only(dotenv: Path) -> None:
    live, simulated = load_settings({**LIVE, **LINES}, dotenv), load_settings({**LINES, "LIVE_BUDGET": "?"}, dotenv)
    assert live.live_numbers == (
        "447700900002", "sip:reception@sip.example.com", "app:alice", "wss://socket.example.com/in"
    )  # fmt: skip
    assert live.live_urls == ("https://mine.example/answer",)
    assert (live.live_budget, live.live_calls_at_once, live.live_calls_a_minute) == (Decimal("0.50"), 2, 10)
    assert (simulated.live_numbers, simulated.live_urls, simulated.live_budget) == ((), (), None)


def test_what_goes_through_a_gate_is_shown_with_its_real_address(dotenv: Path) -> None:
    settings = load_settings(LIVE, dotenv)
    settings.pass_through("http://127.0.0.1:7001")
    assert (settings.api_url, settings.rest_url) == ("http://127.0.0.1:7001", "http://127.0.0.1:7001")
    assert settings.at_vonage("http://127.0.0.1:7001/v1/calls?a=b") == "https://api.nexmo.com/v1/calls?a=b"
    assert settings.at_vonage("http://127.0.0.1:7001/account/numbers") == "https://rest.nexmo.com/account/numbers"
    assert settings.at_vonage("http://127.0.0.1:70011/v1/calls") == "http://127.0.0.1:70011/v1/calls"
    settings.pass_through("http://127.0.0.1:7002")
    assert settings.vonage_url == "https://api.nexmo.com"


@pytest.mark.parametrize(("url", "warns"), [
    ("https://api-eu-3.vonage.com", False), ("http://127.0.0.1:7001", False), ("https://vonage.com.example", True),
])  # fmt: skip
def test_an_address_that_is_not_vonages_is_remarked_on(dotenv: Path, url: str, warns: bool) -> None:
    assert bool(load_settings({**LIVE, "VONAGE_API_URL": url}, dotenv).warning) == warns
    assert load_settings({"VONAGE_API_URL": url}, dotenv).warning == ""


def test_live_mode_reads_the_account_and_knows_the_hosts(dotenv: Path) -> None:
    settings = load_settings({**LIVE, **ACCOUNT}, dotenv)
    assert (settings.live, settings.api_key, settings.number) == (True, "abcd1234", "447700900000")
    assert (settings.api_url, settings.rest_url) == ("https://api.nexmo.com", "https://rest.nexmo.com")


def test_api_url_on_loopback_serves_both_and_a_regional_one_only_voice(dotenv: Path) -> None:
    local = load_settings({**LIVE, "VONAGE_API_URL": "http://127.0.0.1:9000/"}, dotenv)
    assert local.api_url == local.rest_url == "http://127.0.0.1:9000"
    region = load_settings({**LIVE, "VONAGE_API_URL": "https://api-eu-3.vonage.com"}, dotenv)
    assert (region.api_url, region.rest_url) == ("https://api-eu-3.vonage.com", "https://rest.nexmo.com")


def test_simulator_url_is_the_address_of_everything(dotenv: Path) -> None:
    settings = load_settings({"SIMULATOR_URL": "http://192.0.2.7:9000"}, dotenv)
    assert settings.api_url == settings.rest_url == "http://192.0.2.7:9000"


def test_the_environment_wins_over_the_file(dotenv: Path) -> None:
    dotenv.write_text("SIMULATOR_PACE=1\nVOICE_MODE=live\nVONAGE_API_KEY=fromfile\n")
    settings = load_settings({"SIMULATOR_PACE": "20"}, dotenv)
    assert (settings.pace, settings.mode, settings.api_key) == ("20", "live", "fromfile")
    assert load_settings({"VOICE_MODE": ""}, dotenv).mode == "simulated"


def test_private_key_may_be_a_path_from_the_file_s_folder_or_text(dotenv: Path, pem: str) -> None:
    (dotenv.parent / "private.key").write_text(pem)
    one_line = pem.strip().replace("\n", "\\n")
    for value in ("private.key", str(dotenv.parent / "private.key"), pem, one_line):
        assert load_settings({**LIVE, "VONAGE_PRIVATE_KEY": value}, dotenv).private_key == pem
    for line in (f'"{pem}"', f'"{one_line}"', f"'{one_line}'", one_line):
        dotenv.write_text(f"VOICE_MODE=live\nVONAGE_PRIVATE_KEY={line}\n")
        assert load_settings({}, dotenv).private_key == pem


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("VOICE_MODE", "Live", "Write simulated (no account, no cost) or live"),
        ("VOICE_MODE", "real", "'real' is not a mode"),
        ("SIMULATOR_PACE", "fast", "Write stepped, 1 (real time) or another number above 0"),
        ("SIMULATOR_PACE", "0", "'0' is not a pace"),
        ("SIMULATOR_PACE", "nan", "'nan' is not a pace"),
        ("SIMULATOR_URL", "localhost:9000", "Write it with https://"),
        ("PUBLIC_URL", "ftp://x.example", "Write it with https://"),
        ("PUBLIC_URL", "https://[x", "Write it with https://"),
        ("PUBLIC_URL", "https://me:word@x.example", "leave user name and password out"),
        ("VONAGE_API_URL", "http://api.nexmo.com", "write https://"),
        ("VONAGE_APPLICATION_ID", "my-app", "looks like 00000000-"),
        ("VONAGE_NUMBER", "+447700900001", "Write 447700900001"),
        ("LIVE_NUMBERS", "447700900002, +447700900003", "Write 447700900003"),
        ("LIVE_NUMBERS", "447700900002 447700900003", "has other characters than digits"),
        ("LIVE_NUMBERS", "447700900002;app:alice; 447700900003", "Write commas: 447700900002,app:alice,447700900003"),
        ("LIVE_URLS", "https://a.example/x;https://b.example", "Write commas: https://a.example/x,https://b.example"),
        ("LIVE_NUMBERS", "mail:ada@example.com", "'mail:ada@example.com' is not an address"),
        ("LIVE_NUMBERS", "wss://", "Write it with https://"),
        ("LIVE_URLS", "example.com/answer", "Write it with https://"),
        ("LIVE_BUDGET", "0", "'0' is not an amount. Write euros with a point, like 5 or 0.50"),
        ("LIVE_BUDGET", "5,00", "'5,00' is not an amount"),
        ("LIVE_BUDGET", "1e9", "'1e9' is not an amount"),
        ("LIVE_CALLS_AT_ONCE", "0", "'0' is not a number of calls"),
        ("LIVE_CALLS_A_MINUTE", "many", "'many' is not a number of calls"),
        ("VONAGE_NUMBER", "44770090\u200b0001", "it holds U+200B (zero width space)"),
        ("VONAGE_API_SECRET", "S3cret\u00a0word", "it holds U+00A0 (no-break space)"),
        ("VONAGE_APPLICATION_ID", "00000000-0000-0000-0000-000000000000\u202c", "it holds U+202C"),
        ("PUBLIC_URL", "https://YOUR_URL", "has YOUR_URL where the host should be"),
        ("VONAGE_PRIVATE_KEY", "keys/none.key", "no private key file keys/none.key"),
    ],
)
def test_a_bad_value_is_refused_with_its_cure(dotenv: Path, variable: str, text: str, says: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({**LIVE, variable: text}, dotenv)
    assert str(error.value).startswith(f"{variable}: ") and says in str(error.value)


NUMBER = "VONAGE_NUMBER=447700900000\n"
BOM = "\ufeff"


@pytest.mark.parametrize(
    "parts",
    [
        {"utf-16-le": BOM + NUMBER},
        {"utf-16-be": BOM + NUMBER},
        {"utf-16-le": NUMBER},
        {"utf-16-be": NUMBER},
        {"utf-16-le": f"{BOM}…\n# Grüße, 你好\n{NUMBER}"},
        {"utf-16-le": f"# Grüße, 你好 …\n{NUMBER}"},
        {"utf-8": "# Grüße\n", "utf-16-le": NUMBER},
        {"utf-8": "# Grüße\nPUBLIC_URL=", "utf-16-le": NUMBER},
        {"utf-8": "PUBLIC_URL=\n", "utf-16-le": BOM + NUMBER},
        {"utf-8": "PUBLIC_URL=", "utf-16-le": BOM + NUMBER},
        {"utf-16-le": f"{BOM}PUBLIC_URL=\n", "utf-8": NUMBER},
        {"utf-8": f"PUBLIC_URL=\n{BOM}{NUMBER}"},
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_that_powershell_wrote_is_read_and_mended(dotenv: Path, parts: dict[str, str], end: str) -> None:
    dotenv.write_bytes(b"".join(text.replace("\n", end).encode(encoding) for encoding, text in parts.items()))
    settings = load_settings(LIVE, dotenv)
    assert (settings.number, settings.public_url) == ("447700900000", "")
    settings.save(my_number="447700900001")
    assert NUMBER.strip() in dotenv.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "VONAGE_API_KEY",
        "VONAGE_API_KEY abcd1234",
        "VONAGE_API_KEY: abcd1234",
        "vonage_api_key=abcd1234",
        'VONAGE_API_KEY="abcd1234',
        '$env:VONAGE_API_KEY = "abcd1234"',
        "set VONAGE_API_KEY=abcd1234",
        'OTHER="unclosed\nVONAGE_API_KEY=abcd1234\nMORE="a"',
        "VONAGE_API_KEY=abcd1234\nVONAGE_API_KEY=",
    ],
)
def test_a_line_that_is_there_and_sets_nothing_is_named_and_not_shown(dotenv: Path, line: str) -> None:
    dotenv.write_text(f"# VONAGE_API_KEY is mine\n\n{line}\n")
    with pytest.raises(SettingsError, match=rf"line {4 if 'OTHER' in line else 3} of \.env sets nothing") as error:
        load_settings(LIVE, dotenv)
    assert "Write VONAGE_API_KEY=value" in str(error.value) and "abcd1234" not in str(error.value)
    assert load_settings({**LIVE, "VONAGE_API_KEY": "abcd1234"}, dotenv).api_key == "abcd1234"
    assert load_settings({}, dotenv).api_key == "", "in simulated mode nobody looks at it"


@pytest.mark.parametrize("line", ["VONAGE_API_KEY=", "export VONAGE_API_KEY = ''  # later", '#VONAGE_API_KEY="a"'])
def test_a_line_that_is_left_empty_is_not_set(dotenv: Path, line: str) -> None:
    dotenv.write_text(f"{line}\n")
    with pytest.raises(SettingsError, match="VONAGE_API_KEY is not set"):
        load_settings(LIVE, dotenv).require("api_key")


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ("VONAGE_PRIVATE_KEY64", "private_key"),
        ("VONAGE_APPLICATION_PRIVATE_KEY_PATH", "private_key"),
        ("VONAGE_VIRTUAL_NUMBER", "number"),
        ("VONAGE_APIKEY", "api_key"),
    ],
)
def test_a_line_with_the_name_of_another_program_is_pointed_to(dotenv: Path, there: str, name: str) -> None:
    dotenv.write_text(f"{there}=S3cretS3cret\n")
    with pytest.raises(SettingsError, match=rf"is not set\. \.env has {there}, which is not read") as error:
        load_settings(LIVE, dotenv).require(name)
    assert "S3cret" not in str(error.value)


def test_a_windows_path_in_double_quotes_is_the_path_that_was_written(dotenv: Path) -> None:
    lines = r'''VONAGE_PRIVATE_KEY="C:\new\rest\private.key"''', r'''SIMULATOR_STATE="C:\new\tests\account.json"'''
    dotenv.write_text("\n".join(lines))
    with pytest.raises(SettingsError) as error:
        load_settings(LIVE, dotenv)
    assert r"There is no private key file C:\new\rest\private.key" in str(error.value)
    assert str(load_settings({}, dotenv).state).endswith(r"C:\new\tests\account.json")


def test_all_problems_are_told_at_once(dotenv: Path) -> None:
    dotenv.write_text("SIMULATOR_PACE=fast\nPUBLIC_URL=nowhere\nVONAGE_NUMBER=07700 900001\nVOICE_MODE=live\n")
    with pytest.raises(SettingsError, match="3 settings need attention") as error:
        load_settings({}, dotenv)
    assert len(error.value.problems) == 3  # type: ignore[attr-defined]


def test_a_key_pasted_over_several_lines_without_quotes_is_explained(dotenv: Path, pem: str) -> None:
    dotenv.write_text(f"VOICE_MODE=live\nVONAGE_PRIVATE_KEY={pem}\n")
    with pytest.raises(SettingsError, match='needs " before and after it'):
        load_settings({}, dotenv)


@pytest.mark.parametrize("content", [b"\xff\x80\x00V", None])
def test_a_file_that_is_no_text_is_explained(dotenv: Path, content: bytes | None) -> None:
    dotenv.mkdir() if content is None else dotenv.write_bytes(content)
    with pytest.raises(SettingsError, match=r"\.env .*\.env\.example"):
        load_settings({}, dotenv)


def test_live_without_credentials_loads_and_require_says_where_to_get_them(dotenv: Path) -> None:
    settings = load_settings(LIVE, dotenv)
    with pytest.raises(SettingsError) as error:
        settings.require("api_key", "api_secret", "private_key")
    text = str(error.value)
    assert "first page of the Vonage dashboard" in text and "VONAGE_PRIVATE_KEY=private.key" in text
    assert error.value.names == ("api_key", "api_secret", "private_key")  # type: ignore[attr-defined]


def test_simulated_without_credentials_sends_nobody_to_a_dashboard(dotenv: Path) -> None:
    with pytest.raises(SettingsError, match="lesson 05 creates it") as error:
        load_settings({}, dotenv).require("application_id")
    assert "dashboard" not in str(error.value)


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_shown_without_secrets(dotenv: Path, pem: str) -> None:
    secrets = {"VONAGE_SIGNATURE_SECRET": "sig-secret", "VONAGE_PRIVATE_KEY": pem, "NGROK_AUTHTOKEN": "ngrok-secret"}
    settings = load_settings({**LIVE, **ACCOUNT, **secrets}, dotenv)
    for text in (repr(settings), str(settings), f"{settings}"):
        assert "api_key abcd…" in text and "api_secret set" in text and "application_id not set" in text
        hidden = ["abcd1234", "S3cretS3cret", "sig-secret", "ngrok-secret", "BEGIN", pem.splitlines()[1]]
        assert not [secret for secret in hidden if secret in text]
        assert "\n" not in text


def test_assigning_is_refused_because_it_would_be_lost() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().number = "447700900001"  # type: ignore[misc]


# --- what is written -------------------------------------------------------------------------------------------------


def test_save_in_live_mode_writes_the_file_for_its_owner_only(dotenv: Path, pem: str) -> None:
    settings = load_settings(LIVE, dotenv)
    assert settings.save(application_id=APPLICATION, private_key=pem, api_secret="a'b\"c\\d $HOME #e") is settings
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600
    again = load_settings(LIVE, dotenv)
    assert (again.application_id, again.private_key) == (APPLICATION, pem) == (settings.application_id, pem)
    assert again.api_secret == "a'b\"c\\d $HOME #e"
    assert sorted(path.name for path in dotenv.parent.iterdir()) == [".env", ".env.lock", "keys"]


def test_a_key_lies_in_a_file_of_its_own_and_the_one_before_stays(dotenv: Path, pem: str) -> None:
    for application in (APPLICATION, APPLICATION.replace("0", "1")):
        settings = load_settings(LIVE, dotenv).save(application_id=application, private_key=pem)
        assert stat.S_IMODE(settings.key_file(application).stat().st_mode) == 0o600
        assert f"VONAGE_PRIVATE_KEY=keys/{application}.key\n" in dotenv.read_text()
    assert len(list((dotenv.parent / "keys").iterdir())) == 2
    assert "BEGIN" not in dotenv.read_text()


def test_two_kernels_that_write_at_once_lose_no_line(dotenv: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from helpers.settings.env_file import write_env\n"
        "for n in range(60): write_env(Path(sys.argv[1]), {f'{sys.argv[2]}{n}': str(n)})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(dotenv), name]) for name in "AB"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert read_env(dotenv) == {f"{name}{n}": str(n) for name in "AB" for n in range(60)}


def test_save_in_simulated_mode_keeps_credentials_apart(dotenv: Path) -> None:
    dotenv.write_text("VONAGE_API_KEY=realkey1\nVONAGE_APPLICATION_ID=\n")
    settings = load_settings({}, dotenv)
    settings.save(application_id=APPLICATION, number="447700900000", pace="20")
    assert dotenv.read_text() == "VONAGE_API_KEY=realkey1\nVONAGE_APPLICATION_ID=\nSIMULATOR_PACE=20\n"
    kept = dotenv.parent / ".simulator" / "account.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    again = load_settings({}, dotenv)
    assert (again.application_id, again.number, again.pace, again.api_key) == (APPLICATION, "447700900000", "20", "")
    live = load_settings(LIVE, dotenv)
    assert (live.application_id, live.number, live.api_key) == ("", "", "realkey1")


def test_use_writes_nothing(dotenv: Path) -> None:
    settings = load_settings({}, dotenv).use(api_url="http://127.0.0.1:9/", api_key="simkey00")
    assert (settings.api_url, settings.api_key) == ("http://127.0.0.1:9", "simkey00")
    assert list(dotenv.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"colour": "red"}, "no setting colour"),
        ({"mode": "live"}, "write it into .env yourself"),
        ({"pace": "fast"}, "not a pace"),
        ({"pace": ""}, "not a pace"),
    ],
)
def test_save_refuses_before_it_writes(dotenv: Path, values: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings({}, dotenv).save(number="447700900000", **values)
    assert list(dotenv.parent.iterdir()) == []


def test_save_with_an_empty_value_takes_it_out(dotenv: Path) -> None:
    dotenv.write_text("VOICE_MODE=live\nVONAGE_NUMBER=447700900000\n")
    assert load_settings({}, dotenv).save(number="").number == ""
    assert load_settings({}, dotenv).number == ""


def test_other_lines_comments_and_order_stay() -> None:
    before = "# mine\n\nA=1  # why\nexport B='x y'\n\nnot a line\nA=2\nC=3"
    assert changed(before, {"B": "new", "A": "one two", "D": "4"}) == (
        "# mine\n\nA='one two'  # why\nexport B=new\n\nnot a line\nC=3\nD=4\n"
    )
    assert changed("A=1\r\nB=2\r\n", {"A": "x"}) == "A=x\r\nB=2\r\n"


@pytest.mark.parametrize(
    "value", ["plain", "", "two words", "a#b", "it's", 'say "x"', "a\\nb", "a\nb\r\nc", "£é", "${A}"]
)
def test_what_is_written_is_what_is_read(dotenv: Path, value: str) -> None:
    write_env(dotenv, {"X": value})
    assert read_env(dotenv) == {"X": value}
    assert "\n" not in quoted(value)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(dotenv: Path) -> None:
    dotenv.write_text("A=1\n")
    with pytest.raises(UnicodeEncodeError):
        write_env(dotenv, {"A": "\udcff"})
    assert dotenv.read_text() == "A=1\n" and {path.name for path in dotenv.parent.iterdir()} == {".env", ".env.lock"}


def test_a_link_stays_a_link(dotenv: Path) -> None:
    real = dotenv.parent / "real"
    real.write_text("A=1\n")
    dotenv.symlink_to(real)
    write_env(dotenv, {"A": "2"})
    assert dotenv.is_symlink() and real.read_text() == "A=2\n"


# --- the rest --------------------------------------------------------------------------------------------------------


def test_example_file_names_every_setting_and_nothing_else(dotenv: Path) -> None:
    example = Settings().project / ".env.example"
    assert sorted(read_env(example)) == sorted(VARIABLES.values())
    dotenv.write_text(example.read_text())
    assert load_settings({}, dotenv).mode == "simulated"
    assert load_settings(LIVE, dotenv).api_url == "https://api.nexmo.com"

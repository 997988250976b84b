"""Mode, credentials, number and paths: read from ``.env`` and the environment, checked at once, masked when shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..base.secret import Secret, closed, reveal
from ..base.text import nearest
from .checks import CREDENTIALS, EXAMPLES, LIVE_ONLY, SECRETS, VARIABLES, VONAGE_DOMAINS, WHERE, check_all
from .env_file import idle_lines, read_env, replace_file, write_env
from .project import KIT_HOME_CURE, audio, project, unwritable

# Hosts: Voice API OpenAPI 1.10, Numbers API OpenAPI 1.1.
API_URL = "https://api.nexmo.com"
REST_URL = "https://rest.nexmo.com"
SIMULATED_PHONE = "447700900001"  # the phone that simulated lessons call; from Ofcom's range for fiction


class SettingsError(KitError):
    """One or more settings cannot be used. ``.problems`` has a sentence for each, ``.names`` the settings meant."""


@dataclass(frozen=True, eq=False, repr=False)
class Settings:
    """What a lesson runs with. Change it with :meth:`save` (kept in a file) or :meth:`use` (for this kernel only).

    Text settings are ``""`` when not set; ``private_key`` is always the PEM text, even if ``.env`` names a file.
    The six secrets are a :class:`helpers.base.secret.Secret` each: a text that works, and prints as ``…``.
    """

    mode: str = "simulated"
    api_key: str = ""
    api_secret: str = ""
    signature_secret: str = ""
    application_id: str = ""
    private_key: str = ""
    number: str = ""
    my_number: str = ""
    api_url: str = ""
    ngrok_authtoken: str = ""
    public_url: str = ""
    live_numbers: tuple[str, ...] = ()
    live_urls: tuple[str, ...] = ()
    live_budget: Decimal | None = None  # euros; None: nothing that costs is sent
    live_calls_at_once: int = 5
    live_calls_a_minute: int = 10
    vonage_url: str = ""  # where the gate of live mode leads, once api_url names the gate
    simulator_url: str = ""
    simulator_token: str = ""
    class_url: str = ""
    class_token: str = ""
    pace: str = "stepped"
    state: Path = field(default_factory=lambda: project() / ".simulator" / "account.json")
    dotenv: Path = field(default_factory=lambda: project() / ".env")

    def __post_init__(self) -> None:
        self._take({name: getattr(self, name) for name in SECRETS})

    @property
    def live(self) -> bool:
        """True if calls reach real phones and cost real money."""
        return self.mode == "live"

    @property
    def rest_url(self) -> str:
        """Where the Numbers API is: a host of its own at Vonage; a simulator serves everything under one address."""
        return REST_URL if self.live and not is_here(host_of(self.api_url)) else self.api_url

    def pass_through(self, gate: str) -> None:
        """Let ``api_url`` and ``rest_url`` name the gate of live mode. Where it leads stays known as ``vonage_url``."""
        object.__setattr__(self, "vonage_url", self.vonage_url or self.api_url)
        object.__setattr__(self, "api_url", gate)

    def at_vonage(self, url: str) -> str:
        """The address at Vonage that a request to the gate is for; any other address as it is."""
        path = url.removeprefix(self.api_url)
        if not self.vonage_url or path == url or path[:1] not in ("", "/", "?"):
            return url
        return (self.real_rest_url if is_rest(path) else self.vonage_url) + path

    @property
    def real_rest_url(self) -> str:
        """Where the Numbers API really is, behind the gate too."""
        api = self.vonage_url or self.api_url
        return REST_URL if self.live and not is_here(host_of(api)) else api

    @property
    def warning(self) -> str:
        """A line about an API address that is not Vonage's; empty if all is as it should be."""
        host = host_of(self.vonage_url or self.api_url)
        if not self.live or is_here(host) or host.endswith(VONAGE_DOMAINS):
            return ""
        return f"VONAGE_API_URL names {host}, which is not a host of Vonage: your key and secret go there."

    @property
    def project(self) -> Path:
        """The folder of the project. See :func:`helpers.settings.project.project`."""
        return project()

    @property
    def audio(self) -> Path:
        """The folder of the sounds."""
        return audio()

    @property
    def notebooks(self) -> Path:
        """The folder of the lessons."""
        return project() / "notebooks"

    @property
    def kept(self) -> Path:
        """Where this mode's credentials are kept: ``.env`` in live mode, else a file beside the simulator's state."""
        return self.dotenv if self.live else self.state.with_suffix(".env")

    @property
    def class_state(self) -> Path:
        """Beside which file the application is kept that an account in a class has."""
        return self.state.with_name("class.json")

    def key_file(self, application_id: str) -> Path:
        """Where the private key of an application lies that was kept in live mode: in a file of its own."""
        return self.dotenv.parent / "keys" / f"{application_id}.key"

    def require(self, *names: str) -> None:
        """Make sure these settings are there, or raise one SettingsError that says where to get what is missing."""
        missing = [name for name in names if not getattr(self, name)]
        if missing:
            raise settings_error([self._missing(name) for name in missing], missing)

    def _missing(self, name: str) -> str:
        variable = VARIABLES[name]
        if not self.live and name in (*CREDENTIALS, "api_url"):
            cure = "lesson 05 creates it" if name in ("application_id", "private_key") else "the simulator gives it"
            return f"{variable} is not set: in simulated mode {cure}; run kit = setup() first."
        where = f" {WHERE[name]}." if name in WHERE else ""
        others = [other for other, text in _read(self.dotenv).items() if text and other not in VARIABLES.values()]
        near = nearest(variable, others)
        meant = f" {self.dotenv.name} has {near}, which is not read: is it the one?" if near else ""
        line = f"{variable}={EXAMPLES.get(name, '…')}"
        return f"{variable} is not set.{meant}{where} Put this line into {self.dotenv.name}: {line}"

    @closed
    def use(self, **values: Any) -> Settings:
        """Take these values for this kernel only; nothing is written. Returns the settings themselves."""
        return self._take(self._checked(values))

    @closed
    def save(self, **values: Any) -> Settings:
        """Take these values and keep them for the next lesson. Returns the settings themselves.

        Credentials go to ``.env`` in live mode; in simulated mode they go to a file beside the simulator's account,
        so that the two are never mixed. Everything else goes to ``.env``. Both files are readable by you only.
        A private key goes to :meth:`key_file` in live mode, and ``.env`` holds the path.
        """
        checked = self._checked(values)
        owner = values.get("application_id") or self.application_id
        if self.live and owner and "-----BEGIN" in reveal(values.get("private_key", "")):
            values["private_key"] = self.save_key(owner, checked["private_key"])
        for file in {self.dotenv, self.kept}:
            lines = {VARIABLES[name]: reveal(values[name]) for name in values if self._file_of(name) == file}
            if lines:
                _write(file, lines)
        return self._take(checked)

    def _take(self, values: Mapping[str, Any]) -> Settings:
        for name, value in values.items():
            object.__setattr__(self, name, Secret(value) if name in SECRETS else value)
        return self

    def save_key(self, application_id: str, pem: str) -> str:
        """Keep a private key in :meth:`key_file`. Returns the path as ``.env`` may hold it."""
        file = self.key_file(application_id)
        try:
            replace_file(file, pem)
        except OSError as error:
            message, cure = unwritable(file, error)
            raise SettingsError(message, cure, problems=(message,), names=("private_key",)) from None
        return file.relative_to(self.dotenv.parent).as_posix()

    def _file_of(self, name: str) -> Path:
        return self.kept if name in CREDENTIALS else self.dotenv

    def _checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(values) - set(VARIABLES))
        if unknown:
            known = ", ".join(name for name in VARIABLES if name != "mode")
            raise settings_error([f"There is no setting {', '.join(unknown)}. The settings are: {known}."], unknown)
        if "mode" in values:
            advice = (
                "VOICE_MODE is not changed by a running lesson: write it into .env yourself and restart the kernel."
            )
            raise settings_error([advice], ["mode"])
        texts = {name: reveal(value).strip() for name, value in values.items()}
        checked, problems = check_all(texts, self.dotenv.parent)
        if problems:
            raise settings_error(list(problems.values()), list(problems))
        return checked

    def __repr__(self) -> str:
        parts = [f"{name} {_shown(name, getattr(self, name))}" for name in (*CREDENTIALS, "ngrok_authtoken")]
        where = f"api {self.api_url or 'not set'}" + ("" if self.live else f", pace {self.pace}")
        return f"<Settings: {self.mode} mode, {where}, {', '.join(parts)}>"


def is_rest(path: str) -> bool:
    """Whether a path of the API is served by rest.nexmo.com: numbers, balance and prices are."""
    return path.startswith(("/account/", "/number/"))


@closed
def load_settings(env: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """The settings from ``.env`` and the environment; where both set a name, the environment wins.

    ``VOICE_MODE`` alone decides the mode: in simulated mode ``VONAGE_…`` is not even looked at. ``dotenv``, or else
    KIT_DOTENV in the environment, is another file to read; paths in the settings are relative to its folder. Every
    problem is told at once in one SettingsError. Credentials that are missing in live mode are not an error: the first
    lessons are about getting them.
    """
    environment = os.environ if env is None else env
    file = Path(dotenv or environment.get("KIT_DOTENV") or project() / ".env").absolute()
    found = {**_read(file), **environment}
    general = {name: found.get(VARIABLES[name], "").strip() for name in VARIABLES if name not in LIVE_ONLY}
    live = general["mode"] == "live"
    if live:
        general |= {name: found.get(VARIABLES[name], "").strip() for name in LIVE_ONLY}
    values, problems = check_all({name: text for name, text in general.items() if text}, file.parent)
    unset = {VARIABLES[name]: name for name, text in general.items() if not text and VARIABLES[name] not in environment}
    problems |= {unset[name]: f"{name}: {todo}" for name, todo in idle_lines(file, unset).items()}
    if live:
        values.setdefault("api_url", API_URL)
    else:
        values["api_url"] = values.get("simulator_url", "")
        values["my_number"] = SIMULATED_PHONE
        kept = Settings(state=values.get("state", file.parent / ".simulator" / "account.json")).kept
        simulated = {name: text for name in CREDENTIALS if (text := _read(kept).get(VARIABLES[name], ""))}
        more, more_problems = check_all(simulated, file.parent)
        values, problems = {**values, **more}, {**problems, **more_problems}
    if problems:
        raise settings_error(list(problems.values()), list(problems))
    values.setdefault("state", file.parent / ".simulator" / "account.json")
    return Settings(dotenv=file, **values)


def settings_error(problems: list[str], names: list[str]) -> SettingsError:
    """One error for all problems."""
    if len(problems) == 1:
        return SettingsError(problems[0], problems=tuple(problems), names=tuple(names))
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return SettingsError(
        f"{len(problems)} settings need attention:\n{listed}", problems=tuple(problems), names=tuple(names)
    )


def _read(file: Path) -> dict[str, str]:
    try:
        return read_env(file)
    except (OSError, UnicodeDecodeError) as error:
        reason = (
            "is not a text file in UTF-8 or UTF-16"
            if isinstance(error, UnicodeDecodeError)
            else f"cannot be read ({error.strerror})"
        )
        cure = "Save it as UTF-8, and compare it with .env.example, which shows every line it may have."
        cure = KIT_HOME_CURE if isinstance(error, PermissionError) else cure
        raise SettingsError(f"{file.name} {reason}.", cure, problems=(f"{file.name} {reason}.",), names=()) from None


def _write(file: Path, lines: dict[str, str]) -> None:
    try:
        write_env(file, lines)
    except OSError as error:
        message, cure = unwritable(file, error)
        raise SettingsError(message, cure, problems=(message,), names=tuple(lines)) from None


def _shown(name: str, value: str) -> str:
    if not value:
        return "not set"
    if name in SECRETS:
        return "set"
    return f"{value[:4]}…" if name == "api_key" else value

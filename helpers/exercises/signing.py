"""Judges the tasks of lesson 05: applications in the account, and tokens that open the API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import requests

from ..base.errors import KitError
from ..kit import Kit
from ..settings.keys import decode_jwt, token_faults, verify_jwt
from .judging import NotYet, Step, task, unless

NIGHT, DAY = "Night line", "Day line"
ADDRESS = "https://example.com/night"


def _application(kit: Kit, given: Any) -> dict[str, Any]:
    try:
        return kit.vonage.get_application(given["id"] if isinstance(given, dict) else given)
    except (KitError, LookupError):
        raise NotYet("There is no application of that id in your account. Hand over the `id` of the reply.") from None


def _opens(kit: Kit, token: str) -> Step:
    """The step that the Voice API lets a token in."""
    headers = {"Authorization": f"Bearer {token}"}
    status = requests.get(f"{kit.settings.api_url}/v1/calls", headers=headers, timeout=10).status_code
    return "The Voice API lets it in.", unless(status == 200, f"It answers {status}.")


def token_of(token: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a token."""
    try:
        return decode_jwt(token)
    except (KitError, AttributeError):
        raise NotYet("This is not a token. Hand over the text that `jwt.encode` returned.") from None


@task(
    "05-1", "the id of your application",
    hints=(
        "`requests.post(APPLICATIONS, json=…, auth=LOGIN, timeout=10)` creates one. The table above says what goes "
        "where.",
        "Copy `WEBHOOKS` and `APPLICATION`. Then change the name and the address of the event URL.",
        "The id is in the reply: `reply.json()[\"id\"]`.",
    ),
)  # fmt: skip
def created(kit: Kit, given: Any) -> Iterator[Step]:
    application = _application(kit, given)
    yield f"Its name is {NIGHT}.", unless(application["name"] == NIGHT, f"It is {application['name']}.")
    voice = application["capabilities"].get("voice")
    yield "It may place calls.", unless(voice is not None, "It has no voice capability.")
    hook = (voice or {}).get("webhooks", {}).get("event_url", {})
    yield f"Events go to {ADDRESS}.", unless(hook.get("address") == ADDRESS, f"They go to {hook.get('address')}.")
    yield "By POST.", unless(hook.get("http_method") == "POST", f"By {hook.get('http_method')}.")


@task(
    "05-2", "your token",
    hints=(
        "Copy the claims of the section above. One of them says when it ends.",
        "Times are in seconds: a minute after now is `now + 60`. Take `now` afresh: `int(time.time())`.",
        "Sign with `kit.settings.private_key`, by `RS256`.",
    ),
)  # fmt: skip
def a_minute(kit: Kit, token: Any) -> Iterator[Step]:
    header, claims = token_of(token)
    application = kit.settings.application_id
    yield from signed_by_you(kit, token, application)
    life = claims.get("exp", 0) - claims.get("iat", 0)
    yield "It lives for a minute.", unless(life == 60, f"It lives for {life:g} seconds.")
    faults = token_faults(header, claims, now=time.time(), application_id=application)
    yield "Nothing is wrong with it.", unless(not faults, f"{'; '.join(faults)}.")
    yield _opens(kit, token)


def signed_by_you(kit: Kit, token: str, application: str) -> Iterator[Step]:
    """The step that a token was signed with the private key of an application."""
    keys = kit.vonage.get_application(application)["keys"]
    yield (
        "It is signed with the private key of the application.",
        unless(
            verify_jwt(token, keys["public_key"]),
            "The public key says that it was signed with another key, or changed since.",
        ),
    )


@task(
    "05-3", "the id of your application", "your token",
    hints=(
        "`kit.vonage.create_application(\"Day line\", event_url=…)` creates it, and returns the reply with its key.",
        "The private key is in that reply, and nowhere else: `[\"keys\"][\"private_key\"]`. Do not keep it with "
        "`kit.keep`.",
        "The token names the new application, too: `\"application_id\": …[\"id\"]`.",
    ),
)  # fmt: skip
def own_key(kit: Kit, given: Any, token: Any) -> Iterator[Step]:
    application = _application(kit, given)
    yield (
        f"The application is called {DAY}.",
        unless(application["name"] == DAY, f"It is called {application['name']}."),
    )
    yield "It is not the one of the lessons.", unless(application["id"] != kit.settings.application_id, "It is.")
    _, claims = token_of(token)
    yield (
        "The token names it.",
        unless(claims.get("application_id") == application["id"], f"It names {claims.get('application_id')}."),
    )
    yield from signed_by_you(kit, token, application["id"])
    yield _opens(kit, token)

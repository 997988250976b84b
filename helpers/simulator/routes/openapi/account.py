"""The Applications API 2.4.1, the Numbers API 1.1.0, and the account's balance and prices."""

from __future__ import annotations

from ...account.account import FORWARDS
from ...account.applications import CAPABILITIES, OTHER_HOOKS, VOICE_HOOKS
from ...account.regions import REGIONS
from .failures import refusals
from .shapes import (
    FORM,
    Part,
    Schema,
    body,
    flag,
    listing,
    number,
    operation,
    path,
    query,
    ref,
    reply,
    taken,
    text,
    thing,
    whole,
)

BASIC: list[dict[str, list[str]]] = [{"account": []}]
EITHER: list[dict[str, list[str]]] = [{"account": []}, {"api_key": [], "api_secret": []}]
TYPES = ("mobile-lvn", "landline", "landline-toll-free")


def account_schemas() -> dict[str, Schema]:
    """Components of these APIs."""
    href = thing({"href": text()})
    shown = {
        "id": text(),
        "name": text(),
        "keys": thing({"public_key": text()}, {"private_key": text()}),
        "privacy": taken({"improve_ai": flag()}),
        "capabilities": {"type": "object"},
    }
    links = thing({"self": href, "first": href, "last": href}, {"next": href, "prev": href})
    page = {name: whole(0) for name in ("page_size", "page", "total_items", "total_pages")}
    embedded = thing({"applications": listing(thing(shown))})
    return {
        "NewApplication": _new_application(),
        "Application": thing({**shown, "_links": thing({"self": href})}),
        "ApplicationPage": thing({**page, "_embedded": embedded, "_links": links}),
        "OwnNumber": _number({}, dict.fromkeys(("moHttpUrl", "moSmppSysType", "voiceCallbackType", "voiceCallbackValue",
                                                "voiceStatusCallback", "messagesCallbackType", "messagesCallbackValue",
                                                "app_id"), text())),
        "OfferedNumber": _number({"cost": text(), "initialPrice": text(), "limitations": {"type": "array"}}, {}),
        "Prices": _prices(),
        "NumberDone": thing({"error-code": {"const": "200"}, "error-code-label": {"const": "success"}}),
    }  # fmt: skip


def _number(needed: dict[str, Schema], may: dict[str, Schema]) -> Schema:
    common = {"country": text(), "msisdn": text(), "type": text(*TYPES), "features": listing(text())}
    one = thing({**common, **needed}, may)
    return thing({}, {"count": whole(1), "numbers": listing(one, minItems=1)}, description="{} when nothing is found.")


def _new_application() -> Schema:
    """The body of POST and PUT."""
    capabilities: dict[str, Schema] = {name: {"type": "object"} for name in CAPABILITIES}
    capabilities["vbc"] = {"type": "object", "maxProperties": 0}
    capabilities["voice"] = _voice()
    for name, hooks in OTHER_HOOKS.items():
        known = {hook: _hook(methods) for hook, methods in hooks.items()}
        signed = {"signed_callbacks": flag()}
        capabilities[name] = taken({}, {"webhooks": taken({}, known, additionalProperties=False), **signed})
    return taken(
        {"name": text(pattern=r"\S")},
        {
            "keys": taken({}, {"public_key": text(description="PEM, RSA of 2048 bits or more.")}),
            "privacy": taken({}, {"improve_ai": flag()}),
            "capabilities": taken({}, capabilities, additionalProperties=False),
        },
    )


def _voice() -> Schema:
    """The voice capability. Both names of the connect timeout are taken."""
    hooks = {}
    for name, hook in VOICE_HOOKS.items():
        connect, answer = whole(300, 1000), whole(1000, round(1000 * hook.longest))
        limits = {"connect_timeout": connect, "connection_timeout": connect, "socket_timeout": answer}
        hooks[name] = _hook(("GET", "POST"), limits)
    return taken(
        {},
        {
            "webhooks": taken({}, hooks, additionalProperties=False),
            "signed_callbacks": flag(default=True),
            "conversations_ttl": whole(1, 9000),
            "leg_persistence_time": whole(1, 31),
            "region": text(*REGIONS),
        },
    )


def _hook(methods: tuple[str, ...], limits: dict[str, Schema] | None = None) -> Schema:
    address = text(pattern="^(https?://.*)?$", description="An empty one is never called.")
    return taken({}, {"address": address, "http_method": text(*sorted(methods)), **(limits or {})})


def _prices() -> Schema:
    """What calls to a country cost."""
    needed = ("type", "price", "currency", "networkCode", "networkName")
    network = thing({name: text() for name in needed}, {"mcc": text(), "mnc": text()})
    names = ("countryCode", "countryName", "countryDisplayName", "currency", "defaultPrice", "dialingPrefix")
    return thing({**{name: text() for name in names}, "networks": listing(network)})


def account_paths() -> dict[str, Part]:
    """Paths of these APIs."""
    return {**_applications(), **_numbers(), **_money()}


def _applications() -> dict[str, Part]:
    always = refusals(Problem=(401, 406))
    one = refusals(Problem=(401, 404, 406))
    sent = refusals(Problem=(400, 401, 404, 406, 408, 413, 415))
    shown = {200: reply("The application, without its private key", ref("Application"))}
    pages = (query("page_size", whole(1, 100, default=10)), query("page", whole(1, 1_000_000, default=1)))
    return {
        **path(
            "/v2/applications",
            {
                "get": operation("listApplications", "List applications", BASIC,
                                 {200: reply("A page of them", ref("ApplicationPage"))} | always
                                 | refusals(Problem=400), parameters=pages),
                "post": operation("createApplication", "Make an application", BASIC,
                                  {201: reply("The application, and its private key once, if it was made here",
                                              ref("Application"))} | sent, takes=body(ref("NewApplication"))),
            },
        ),
        **path(
            "/v2/applications/{uuid}",
            {
                "get": operation("getApplication", "One application", BASIC, shown | one),
                "put": operation("updateApplication", "Replace all of it but the key", BASIC, shown | sent,
                                 takes=body(ref("NewApplication"))),
                "delete": operation("deleteApplication", "Delete it", BASIC,
                                    {204: reply("It is gone, its numbers are unlinked")} | one),
            },
            uuid=text(pattern="^[0-9a-f-]{36}$"),
        ),
    }  # fmt: skip


def _numbers() -> dict[str, Part]:
    refused = refusals(NumbersError=(401, 420))
    pattern = (
        query("pattern", text()),
        query("search_pattern", whole(0, 2), "0 starts with, 1 contains, 2 ends with"),
        query("size", whole(1, 100, default=10)),
        query("index", whole(1, 1_000_000, default=1)),
    )
    own = (query("country", text()), query("application_id", text()), query("has_application", flag()), *pattern)
    offered = (query("country", text(minLength=1), required=True), query("type", text(*TYPES)),
               query("features", text()), *pattern)  # fmt: skip
    which = {"country": text(minLength=1), "msisdn": text(minLength=1)}
    settings = {
        "app_id": text(), "moHttpUrl": text(), "moSmppSysType": text(), "voiceCallbackType": text(*FORWARDS),
        "voiceCallbackValue": text(), "voiceStatusCallback": text(), "messagesCallbackType": text(),
        "messagesCallbackValue": text(),
    }  # fmt: skip
    sent = refusals(NumbersError=(401, 420), Problem=(408, 413))

    in_query = "The fields may also stand in the query, as older clients send them."

    def change(name: str, summary: str, may: dict[str, Schema]) -> dict[str, Part]:
        done = {200: reply("Done", ref("NumberDone"))}
        form = body(taken(which, may), FORM, required=False)
        return {"post": operation(name, summary, EITHER, done | sent, takes=form, about=in_query)}

    return {
        **path("/account/numbers", {"get": operation("getOwnedNumbers", "Your numbers", EITHER,
               {200: reply("A page of them", ref("OwnNumber"))} | refused, parameters=own)}),
        **path("/number/search", {"get": operation("getAvailableNumbers", "Numbers for rent", EITHER,
               {200: reply("A page of them", ref("OfferedNumber"))} | refused, parameters=offered)}),
        **path("/number/buy", change("buyANumber", "Rent a number", {"target_api_key": text()})),
        **path("/number/cancel", change("cancelANumber", "Give a number back", {"target_api_key": text()})),
        **path("/number/update", change("updateANumber", "Link or forward a number", settings)),
    }  # fmt: skip


def _money() -> dict[str, Part]:
    refused = refusals(PricingError=401, Problem=404)
    listed = {200: reply("Prices", thing({"count": text(pattern="^[0-9]+$"), "countries": listing(ref("Prices"))}))}
    voice = {"const": "voice"}
    left = thing({"value": number(), "autoReload": flag()})
    prices = "/account/get-{}pricing/outbound/{{service}}"
    return {
        **path("/account/get-balance", {"get": operation("getBalance", "The money that is left", EITHER,
               {200: reply("EUR", left)} | refusals(Problem=401))}),
        **path(prices.format(""), {"get": operation("retrievePricingCountry", "Prices of a country", EITHER,
               {200: reply("Its prices; an empty reply for a country without", ref("Prices"))} | refused
               | refusals(PricingMissing=400), parameters=(query("country", text(minLength=1), required=True),))},
               service=voice),
        **path(prices.format("full-"), {"get": operation("retrievePricingAllCountries", "All prices", EITHER,
               listed | refused)}, service=voice),
        **path(prices.format("prefix-"), {"get": operation("retrievePrefixPricing", "Prices of a prefix", EITHER,
               listed | refused | refusals(PricingMissing=400),
               parameters=(query("prefix", text(minLength=1), required=True),))}, service=voice),
    }  # fmt: skip

"""The Applications API 2.4.1, the Numbers API 1.1.0, and the account's balance and prices."""

from __future__ import annotations

from functools import partial

from ...account.account import FORWARDS
from ...account.applications import CAPABILITIES, OTHER_HOOKS, VOICE_HOOKS
from ...account.regions import REGIONS
from ..account import SETTINGS
from .operations import FORM, Part, body, operation, paths, query, refusals, reply
from .shapes import Schema, flag, listing, number, object_of, ref, text, thing, whole

_basic = partial(operation, [{"account": []}])
_either = partial(operation, [{"account": []}, {"api_key": [], "api_secret": []}])  # the second: in the query
IN_QUERY = "The fields may also stand in the query, as older clients send them."
TYPES = ("mobile-lvn", "landline", "landline-toll-free")


def account_schemas() -> dict[str, Schema]:
    """Components of these APIs."""
    href = thing({"href": text()})
    shown = {
        "id": text(),
        "name": text(),
        "keys": thing({"public_key": text()}, {"private_key": text()}),
        "privacy": object_of({"improve_ai": flag()}),
        "capabilities": {"type": "object"},
    }
    links = thing({"self": href, "first": href, "last": href}, {"next": href, "prev": href})
    page = {name: whole(0) for name in ("page_size", "page", "total_items", "total_pages")}
    embedded = thing({"applications": listing(thing(shown))})
    return {
        "NewApplication": _new_application(),
        "Application": thing({**shown, "_links": thing({"self": href})}),
        "ApplicationPage": thing({**page, "_embedded": embedded, "_links": links}),
        "OwnNumber": _number({}, dict.fromkeys(SETTINGS, text())),
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
        capabilities[name] = object_of({}, {"webhooks": object_of({}, known, additionalProperties=False), **signed})
    return object_of(
        {"name": text(pattern=r"\S")},
        {
            "keys": object_of({}, {"public_key": text(description="PEM, RSA of 2048 bits or more.")}),
            "privacy": object_of({}, {"improve_ai": flag()}),
            "capabilities": object_of({}, capabilities, additionalProperties=False),
        },
    )


def _voice() -> Schema:
    """The voice capability. Both names of the connect timeout are taken."""
    hooks = {}
    for name, hook in VOICE_HOOKS.items():
        connect, answer = whole(300, 1000), whole(1000, round(1000 * hook.longest))
        limits = {"connect_timeout": connect, "connection_timeout": connect, "socket_timeout": answer}
        hooks[name] = _hook(("GET", "POST"), limits)
    return object_of(
        {},
        {
            "webhooks": object_of({}, hooks, additionalProperties=False),
            "signed_callbacks": flag(default=True),
            "conversations_ttl": whole(1, 9000),
            "leg_persistence_time": whole(1, 31),
            "region": text(*REGIONS),
        },
    )


def _hook(methods: tuple[str, ...], limits: dict[str, Schema] | None = None) -> Schema:
    address = text(pattern="^(https?://.*)?$", description="An empty one is never called.")
    return object_of({}, {"address": address, "http_method": text(*sorted(methods)), **(limits or {})})


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
    shown = {200: reply("The application, without its private key", ref("Application"))}
    made = {201: reply("The application, and its private key once, if it was made here", ref("Application"))}
    page = {200: reply("A page of them", ref("ApplicationPage"))} | refusals(Problem=(400, 401, 406))
    one, sent = refusals(Problem=(401, 404, 406)), refusals(Problem=(400, 401, 404, 406, 408, 413, 415))
    pages = (query("page_size", whole(1, 100, default=10)), query("page", whole(1, 1_000_000, default=1)))
    takes, single = body(ref("NewApplication")), "/v2/applications/{uuid}"
    operations = {
        "GET /v2/applications": _basic("listApplications", "List applications", page, parameters=pages),
        "POST /v2/applications": _basic("createApplication", "Make an application", made | sent, takes=takes),
        f"GET {single}": _basic("getApplication", "One application", shown | one),
        f"PUT {single}": _basic("updateApplication", "Replace all of it but the key", shown | sent, takes=takes),
        f"DELETE {single}": _basic("deleteApplication", "Delete it",
                                   {204: reply("It is gone, its numbers are unlinked")} | one),
    }  # fmt: skip
    return paths(operations, uuid=text(pattern="^[0-9a-f-]{36}$"))


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
    settings = dict.fromkeys(SETTINGS, text()) | {"voiceCallbackType": text(*FORWARDS)}
    whose = {"target_api_key": text()}

    def page(of: str) -> dict[int, Part]:
        return {200: reply("A page of them", ref(of))} | refused

    def change(name: str, summary: str, may: dict[str, Schema]) -> Part:
        replies = {200: reply("Done", ref("NumberDone"))} | refused | refusals(Problem=(408, 413))
        form = body(object_of({"country": text(minLength=1), "msisdn": text(minLength=1)}, may), FORM, required=False)
        return _either(name, summary, replies, takes=form, about=IN_QUERY)

    operations = {
        "GET /account/numbers": _either("getOwnedNumbers", "Your numbers", page("OwnNumber"), parameters=own),
        "GET /number/search": _either("getAvailableNumbers", "Numbers for rent", page("OfferedNumber"),
                                      parameters=offered),
        "POST /number/buy": change("buyANumber", "Rent a number", whose),
        "POST /number/cancel": change("cancelANumber", "Give a number back", whose),
        "POST /number/update": change("updateANumber", "Link or forward a number", settings),
    }  # fmt: skip
    return paths(operations)


def _money() -> dict[str, Part]:
    refused, missing = refusals(PricingError=401, Problem=404), refusals(PricingMissing=400)
    left = {200: reply("EUR", thing({"value": number(), "autoReload": flag()}))} | refusals(Problem=401)
    shape = thing({"count": text(pattern="^[0-9]+$"), "countries": listing(ref("Prices"))})
    several = {200: reply("Prices", shape)} | refused
    one = {200: reply("Its prices; an empty reply for a country without", ref("Prices"))} | refused | missing
    country, prefix = (query(name, text(minLength=1), required=True) for name in ("country", "prefix"))
    prices = "GET /account/get-{}pricing/outbound/{{service}}"
    operations = {
        "GET /account/get-balance": _either("getBalance", "The money that is left", left),
        prices.format(""): _either("retrievePricingCountry", "Prices of a country", one, parameters=(country,)),
        prices.format("full-"): _either("retrievePricingAllCountries", "All prices", several),
        prices.format("prefix-"): _either("retrievePrefixPricing", "Prices of a prefix", several | missing,
                                          parameters=(prefix,)),
    }  # fmt: skip
    return paths(operations, service={"const": "voice"})

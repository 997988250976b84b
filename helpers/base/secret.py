"""A text that works and is not shown: an API secret, a key, a token."""

from __future__ import annotations

import functools
import json
import weakref
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

SHOWN = "…"
LEAST = 8  # characters of what is masked wherever it stands; less would be found in ordinary words
# All that are alive, whosever they are: several kits may run in one process, and each error may name each one's.
_living: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()


class Secret(str):
    """A ``str`` that prints as ``…``: with ``str()``, ``repr()``, in an f-string, a log, a pickle, and in a traceback.

    It stays a ``str``, because ``requests``, PyJWT and SDKs take nothing else, and lessons hand it to them by hand.
    What sends a text reads its characters (``encode``, ``split``, ``+``, a slice), and what shows one asks for
    ``str()``, ``repr()`` or ``format()``. :func:`reveal` is for who puts it into another text.

    >>> secret = Secret("S3cretS3cret")
    >>> f"{secret}", {"api_secret": secret}, secret.encode()
    ('…', {'api_secret': '…'}, b'S3cretS3cret')
    """

    __slots__ = ("__weakref__", "_forms")  # no __dict__: vars() would show how it may stand in a text
    _forms: frozenset[str]

    def __new__(cls, value: str) -> Secret:
        text = reveal(value)
        secret = super().__new__(cls, text)
        whole = text.strip()
        lines = [line for line in whole.splitlines() if "-----" not in line]
        forms = [whole, repr(whole)[1:-1], json.dumps(whole)[1:-1], quote(whole, safe=""), quote_plus(whole), *lines]
        secret._forms = frozenset(form for form in forms if len(form) >= LEAST)
        _living[id(secret)] = secret
        return secret

    def __str__(self) -> str:
        return SHOWN if self else ""

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return Secret, (str(self),)

    def __deepcopy__(self, memo: Any = None) -> Secret:
        return self

    __copy__ = __deepcopy__


def reveal(value: object) -> str:
    """A value as text, also of a :class:`Secret`: for a request, a header, a file of the owner's."""
    return str.__str__(value) if isinstance(value, str) else str(value)


def living() -> tuple[str, ...]:
    """Every form of every secret that this process holds, the longest first."""
    return _in_order(tuple(secret._forms for ref in _living.valuerefs() if (secret := ref()) is not None))


@functools.lru_cache(maxsize=4)  # asked for with each text that is masked
def _in_order(forms: tuple[frozenset[str], ...]) -> tuple[str, ...]:
    return tuple(sorted(frozenset().union(*forms), key=len, reverse=True))


P = ParamSpec("P")
T = TypeVar("T")


def closed(function: Callable[P, T]) -> Callable[P, T]:
    """The function, whose errors leave without their way through it: local variables there hold secrets in plain text.

    A debugger, pytest and error reports show the local variables of each function on that way.
    """

    @functools.wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> T:
        try:
            return function(*args, **named)
        except Exception as error:
            del args, named  # they are local variables, too
            raise error.with_traceback(None) from None

    return call

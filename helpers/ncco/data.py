"""JSON data: an NCCO, in whatever form it comes, as the lists and dicts that JSON has."""

from __future__ import annotations

from typing import Any


def as_data(ncco: Any) -> Any:
    """An ``Ncco``, a draft, an action, or a list of such as lists and dicts; anything else as it is.

    >>> as_data([{"action": "wait"}])
    [{'action': 'wait'}]
    """
    made = bare(ncco)
    return [bare(one) for one in made] if isinstance(made, (list, tuple)) else made


def bare(value: Any) -> Any:
    """An ``Ncco`` as a list, an action or a part of one as a dict; what is in them is data already."""
    for name in ("to_list", "to_dict"):
        # Asked of the type: a class itself is not an NCCO, and a stranger's object may answer to any name.
        if callable(to := getattr(type(value), name, None)):
            return to(value)
    return value

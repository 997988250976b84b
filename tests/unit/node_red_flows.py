"""Small Node-RED exports for the tests: one function for each node that they need often."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

MUSIC = "https://example.com/music.mp3"
Item = dict[str, Any]
Wired = Sequence[str] | str


def node(id_: str, type_: str, to: Wired = (), /, **fields: Any) -> Item:
    """One node; ``to``: what its first output is wired to."""
    return {"id": id_, "type": type_, "z": "tab", "wires": [[to] if isinstance(to, str) else list(to)], **fields}


def talk(id_: str, to: Wired = (), text: str = "", **fields: Any) -> Item:
    return node(id_, "talk", to, text=text or id_, voicename="", bargein=False, loop="", level="", **fields)


def stream(id_: str, to: Wired = (), url: str = MUSIC, **fields: Any) -> Item:
    return node(id_, "stream", to, streamurl=url, **{"bargein": False, "loop": "", "level": "", **fields})


def call(id_: str, answertype: str = "fixed", **fields: Any) -> Item:
    """A ``createcall`` node, saved with every field empty but the numbers."""
    names = "dtmfanswer wsuri headers sipuri extension ringingtimer lengthtimer machinedetection answer eventurl"
    usual = {"endpoint": "phone", "to": "447700900001", "from": "447700900500", "eventmethod": "POST"}
    empty = dict.fromkeys(names.split(), "")
    return node(id_, "createcall", **{**empty, **usual, "answertype": answertype, **fields})


def change(id_: str, to: Wired = (), /, **constants: Any) -> Item:
    """A ``change`` node that sets fields of ``msg``."""
    kinds = {name: "str" if isinstance(value, str) else "json" for name, value in constants.items()}
    values = {name: value if kinds[name] == "str" else json.dumps(value) for name, value in constants.items()}
    rules = [{"t": "set", "p": name, "pt": "msg", "to": values[name], "tot": kinds[name]} for name in constants]
    return node(id_, "change", to, rules=rules)


def webhook(url: str, *to: str, method: str = "get", kind: str = "voice webhook") -> Item:
    return node(f"webhook {method} {url}", kind, to, name="", url=url, method=method)


def answer(url: str = "/answer", *built: Item, method: str = "get") -> list[Item]:
    """``voice webhook`` → the nodes given, one behind the other → ``return ncco``."""
    chain = [dict(one) for one in built]
    following = [*[one["id"] for one in chain[1:]], f"return {url}"]
    for one, next_ in zip(chain, following, strict=False):  # with an empty chain there is one more
        one["wires"] = [[next_]]
    start = webhook(url, chain[0]["id"] if chain else f"return {url}", method=method)
    return [start, *chain, node(f"return {url}", "return ncco", name="")]


def reply(url: str, *between: Item, method: str = "post", **fields: Any) -> list[Item]:
    """``http in`` → the nodes given → ``http response``."""
    flow = answer(url, *between, method=method)
    return [{**flow[0], "type": "http in"}, *flow[1:-1], {**flow[-1], "type": "http response", **fields}]


def sound(url: str, filename: str = "/data/audio/music.mp3", content_type: str = "audio/mpeg") -> list[Item]:
    """``http in`` → ``file in`` → ``change`` of the headers → ``http response``."""
    reader = node(f"file {url}", "file in", filename=filename, filenameType="str", format="")
    headers = change(f"change {url}", **{"headers": {}, "headers.content-type": content_type})
    return reply(url, reader, headers, method="get", statusCode="", headers={})

"""Work that is handed in: an NCCO, its replies, a call's record and its sound in one small file, and opened again.

A file may come from anybody. It holds JSON and a sound and nothing that runs, all of it is looked at before it is used,
and no address in it is ever asked for anything.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..audio.files import channels, encode_wav
from ..audio.samples import mono
from ..base.errors import KitError
from ..base.html import tag, trusted
from ..base.masking import mask
from ..base.text import one_line
from ..base.view import View
from ..call import Call
from ..calls.arguments import uuid_of
from ..calls.record import Entry, Record, TraceError
from ..calls.story import Story
from ..ncco import Ncco, parse
from ..ncco.texts.export import replies_of
from ..rehearsal import Rehearsal, play
from ..settings.project import place_for
from .judging import NotAttempted, steps_of
from .lesson_tasks import LESSON_TASKS
from .mark import Mark, Part
from .marking import SIMULATED_ONLY, rehearsed
from .tasks import TASKS

KIND, VERSION = "a call, handed in", 1
WORK, SOUND = "work.json", "heard.ogg"
RATE = 16_000
LARGEST = 3_000_000  # bytes of a file, and of each thing in it
LONGEST = 7200.0 + 600  # seconds that a record may span, and the sound
MOST_ENTRIES = 20_000
LONGEST_NAME = 30  # characters
# Where something can be reached: after a scheme, after the @ of a SIP address, or by itself. These hosts are nobody's.
_HOST = r"(?:\[[\w:.%]+\]|[^\s/\"'<>\\?#;,()\[\]{}])+"
_URL = re.compile(rf"\b((?:https?|wss?)://|sips?:[^\s@\"'<>]*@)({_HOST})((?:/t/[0-9a-f]{{32}})?)", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|\[[0-9a-f]*:[0-9a-f:.]+\])(?::\d+)?(?!\w|\.\d)", re.I
)
_PUBLIC = re.compile(r"(?:[\w-]+\.)*(?:example\.(?:com|org|net)|nexmo\.com|vonage\.com)", re.IGNORECASE)


def hand_in(
    task: str, answer: Any, *, replies: Mapping[str, Any] | None = None, by: str = "", folder: str | Path = "handed-in"
) -> Path:
    """Save work as a file for somebody else to open. Returns where it is.

    ``task`` is the name of a task, or ``""`` for work of your own; ``answer`` what :func:`exercise` takes for it: an
    NCCO, which is played, or a call on the simulated network. ``replies`` says what follows a key or a word, as in
    :func:`helpers.rehearsal.play`. ``by`` is your name, if you want it to be in there. Secrets are left out, and so is
    every address of a machine: example.com stands in its place. Raises :class:`KitError` for what is not a task, and
    :class:`helpers.ncco.NccoError` for an NCCO with errors.

    >>> hand_in("stream", NCCO, by="Ada")
    """
    checked_task(task)
    call, named = _call(answer), clean(replies_of(replies or {}))
    if call is None:
        actions = clean(parse(answer).to_list())
        call = _rehearsal(task, parse(actions), named).call
    else:
        actions = next((clean(e["actions"]) for e in call.entries("ncco", leg=call.leg)), [])
        named = named or clean(_replies_in(call))
    work = {"kind": KIND, "version": VERSION, "task": task, "by": by.strip(), "ncco": actions, "replies": named,
            "leg": call.leg, "record": clean(call.entries())}  # fmt: skip
    data = _packed(work, call)
    Work(data)  # what could not be opened is not handed in
    file = place_for(folder) / f"{'-'.join(filter(None, [task or 'call', _safe(by)]))}.zip"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def open_work(file: str | Path) -> Work:
    """Open what somebody has handed in: heard, seen and marked again. Raises :class:`KitError` for anything else.

    >>> open_work("handed-in/stream-Ada.zip")
    """
    path = Path(file)
    try:
        if path.stat().st_size > LARGEST:
            raise KitError(f"{path.name} is too large to be work of this kit.", f"{LARGEST:,} bytes are the most.")
        return Work(path.read_bytes())
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}.", "Check its name and folder.") from None


class Work:
    """What was handed in. Show it in a notebook, or ask: ``.task``, ``.by``, ``.ncco``, ``.replies``.

    ``call`` is the record that came in the file, with its sound; ``mark`` is what this kernel makes of it.
    """

    def __init__(self, data: bytes) -> None:
        try:
            told, self._sound = _unpacked(data)
            self.task, self.by = checked_task(told["task"]), checked_name(told["by"])
            self.ncco: Ncco | None = parse(told["ncco"]) if told["ncco"] else None
            self.replies = replies_of(told["replies"])
            self.call = Call(checked(told["record"]), uuid=told["leg"], heard=self._heard)
            Story(self.call).steps  # noqa: B018 (reads every entry)
            self.call.timeline()
        except (zipfile.BadZipFile, ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError,
                NotImplementedError, RuntimeError, OSError) as error:  # fmt: skip
            raise _not_ours(type(error).__name__) from None

    @cached_property
    def mark(self) -> Mark | None:
        """The mark, made anew: an NCCO is played again, a call is judged by the record in the file. None: no task."""
        if self.task in TASKS and self.ncco is not None:
            return rehearsed(self.task, self.ncco)
        return _judged(self.task, self.call) if self.task else None

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """The NCCO, played here with the replies and by a person who does what the one in the record did."""
        if self.ncco is None:
            raise KitError("There is no NCCO in this work.", "Look at .call.")
        return _rehearsal(self.task, self.ncco, self.replies, self.call)

    @property
    def view(self) -> View:
        """All of it, to look at: as HTML, and in words."""
        about = f"Handed in{f' by {self.by}' if self.by else ''}: {f'task {self.task}' if self.task else 'a call'}"
        told = self.call.player(name=f"handed-in-{_safe(self.by) or 'work'}")
        parts = [*([("Marked here", self.mark.view)] if self.mark else []), ("As it is in the file", told)]
        html = [(tag("p", title), trusted(part.bundle["text/html"])) for title, part in parts]
        text = "\n".join([about, *(f"{title}:\n{part.text}" for title, part in parts)])
        return View(text, {"text/html": tag("div", tag("p", tag("strong", about)), html)})

    def __repr__(self) -> str:
        return self.view.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.view._repr_mimebundle_(include, exclude)

    def _heard(self, leg: str, rate: int) -> bytes:
        import soxr

        if leg != self.call.leg or not self._sound:
            raise TraceError("There is no sound of this leg in the file.", "The first leg has one, if it was answered.")
        samples, own, _ = channels(self._sound, LONGEST)
        return encode_wav(soxr.resample(mono(samples), own, rate), rate)


class Archive:
    """What a judge may ask of a kit, where there is nothing but a record."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def call(self, call: Any) -> Call:
        """The call in the file, by the uuid of a leg or a conversation."""
        return self._call if uuid_of(call) in (*self._call.legs, *self._call.talks) else self._nothing()

    def _nothing(self) -> Call:
        raise TraceError("This call is not in the file.", "")


def _judged(name: str, call: Call) -> Mark:
    task, kit = LESSON_TASKS[name], Archive(call)
    try:
        parts = tuple(Part(words, not missing, missing) for words, missing in steps_of(task, kit, (call.uuid,)))  # type: ignore[arg-type]
    except (NotAttempted, AttributeError):  # it looks at a server or an account, which are not in a file
        return Mark(name, parts=(Part("Marked by a call.", False, "This task is marked where it was done."),))
    return Mark(name, parts=parts, hints=task.hints)


def _call(answer: Any) -> Call | None:
    """The call that is handed in; None for an NCCO."""
    from ..kit import current

    is_text = isinstance(answer, str) and not answer.lstrip().startswith(("[", "{"))
    if not isinstance(answer, Call | Mapping) and not is_text:
        return None
    if isinstance(answer, Call) and answer.has_sound:  # only the simulator keeps that
        return answer
    kit = current()
    if kit.settings.live:  # the numbers in it are people's own
        raise KitError("Calls in live mode are not handed in.", SIMULATED_ONLY)
    return kit.call(answer)


def _rehearsal(task: str, ncco: Ncco, replies: Mapping[str, Any], call: Call | None = None) -> Rehearsal:
    """The NCCO, played: by the person of the task, or by one who does the same as in a call."""
    if task in TASKS:
        person, variables = TASKS[task].person, TASKS[task].variables
    else:
        keys = "".join(e["digit"] for e in call.entries("key", leg=call.leg)) if call else ""
        texts = [e["text"] for e in call.entries("said", leg=call.leg) if e.get("text")] if call else []
        person, variables = {"keys": keys, "says": texts, "seconds": 60}, None
    return play(ncco, replies=replies or None, variables=variables, name=f"handed-in-{task or 'call'}", **person)


def _replies_in(call: Record) -> dict[str, Any]:
    """The NCCOs that followed a key or a word in a call."""
    found, last = dict[str, Any](), ""
    for e in call.entries(leg=call.leg):
        if e["kind"] == "input":
            last = str(e.get("digits") or e.get("speech") or "")
        elif e["kind"] == "ncco" and e["source"] == "input" and re.fullmatch(r"[0-9*#]+|\w+", last):
            found[last] = e["actions"]
    return found


# What goes in, and what is taken out


def clean(value: Any) -> Any:
    """The same JSON without secrets and without addresses of machines."""
    if isinstance(value, str):
        return _BARE.sub("example.com", _URL.sub(_elsewhere, mask(value)))
    if isinstance(value, Mapping):
        return {clean(str(name)): clean(one) for name, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value


def _elsewhere(found: re.Match[str]) -> str:
    return found[0] if _PUBLIC.fullmatch(found[2]) else f"{found[1]}example.com"


def _packed(work: dict[str, Any], call: Call) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(WORK, json.dumps(work, ensure_ascii=False, separators=(",", ":")))
        if call.has_sound:
            file.writestr(SOUND, _ogg(call.heard_wav(RATE)))
    return data.getvalue()


def _ogg(wav: bytes) -> bytes:
    import soundfile

    data = io.BytesIO()
    samples, rate, _ = channels(wav, LONGEST)
    soundfile.write(data, mono(samples), rate, format="OGG", subtype="VORBIS")
    return data.getvalue()


def _unpacked(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What is in a file, cleaned once more: who wrote it may not have done so."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        inside = {one.filename: one.file_size for one in file.infolist()}
        if not inside.keys() <= {WORK, SOUND} or sum(inside.values()) > 2 * LARGEST:
            raise _not_ours("other files are in it")
        told = json.loads(_read(file, WORK), parse_constant=_no_number, parse_float=_number)
        sound = _read(file, SOUND) if SOUND in inside else b""
    if not isinstance(told, dict) or told.get("kind") != KIND or told.get("version") != VERSION:
        raise _not_ours("it says that it is something else")
    return clean(told), sound


def _read(file: zipfile.ZipFile, name: str) -> bytes:
    """One thing in it: what it says of its size is not believed."""
    with file.open(name) as one:
        data = one.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _not_ours("it is too large")
    return data


def _no_number(text: str) -> float:
    raise ValueError(text)


def _number(text: str) -> float:
    return number if math.isfinite(number := float(text)) else _no_number(text)


def checked(entries: Any) -> list[Entry]:
    """The entries of a record, if that is what they are. Raises ValueError and its like."""
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_ENTRIES:
        raise ValueError("entries")
    for e in entries:
        texts = (e["kind"], e["leg"] or "", e["conversation"] or "")
        if not all(isinstance(one, str) for one in texts) or type(e["seq"]) is not int:
            raise ValueError("entry")
    times = [float(e["at"]) for e in entries]
    if max(times) - min(times) > LONGEST:
        raise ValueError("times")
    return entries


def checked_task(task: Any) -> str:
    """The name of a task, or an empty one. Raises KitError."""
    if task == "" or (isinstance(task, str) and (task in TASKS or task in LESSON_TASKS)):
        return str(task)
    raise KitError(f"There is no task {one_line(repr(task), 40)}.", 'Name one, or "" for work of your own.')


def checked_name(name: Any) -> str:
    """Whose work it is. Raises KitError."""
    if isinstance(name, str) and len(name) <= LONGEST_NAME and (name.isprintable() or not name):
        return name
    raise KitError(f"{one_line(repr(name), 40)} is not a name.", f"Use {LONGEST_NAME} characters at most.")


def _safe(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name.strip()).strip("-")


def _not_ours(why: str) -> KitError:
    return KitError(f"This file is not work of this kit, or it is damaged ({why}).", "Ask for it again: hand_in(…).")

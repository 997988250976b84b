"""Audio files as a web server should send them: only the listed ones, whole, in part, or not at all if unchanged."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..base.text import one_line

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

logger = logging.getLogger(__name__)

AUDIO_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}
# The platform keeps a file this long (seconds) before it asks again. NCCO reference, stream: Cache-Control is honoured.
MAX_AGE = 3600
LONGEST_NAME = 255  # characters; a file system takes no longer one


def audio_files(folder: str | Path) -> dict[str, Path]:
    """The MP3 and WAV files directly in ``folder``, by name. Hidden files and links that lead outside are left out."""
    home = folder_of_sounds(folder).resolve()
    return {file.name: file for file in sorted(home.iterdir()) if _is_sound(file)}


def folder_of_sounds(folder: str | Path) -> Path:
    """The folder of this name. Raises :class:`KitError` if there is none."""
    if not isinstance(folder, str | Path) or not Path(folder).is_dir():
        raise KitError(f"There is no folder {folder}.", f'Write it as seen from {Path.cwd()}, as in audio="../audio".')
    return Path(folder)


def _is_sound(file: Path) -> bool:
    """Is a file of a folder one that may be sent? A link may not lead out of the folder."""
    if file.suffix.lower() not in AUDIO_TYPES or file.name.startswith(".") or len(file.name) > LONGEST_NAME:
        return False
    if not file.is_file():
        return False
    return not file.is_symlink() or file.resolve().is_relative_to(file.parent.resolve())


def send_audio(name: str | Path, folder: str | Path | None = None) -> Response:
    """Reply with an audio file, for use in a Flask route: ``return send_audio("greeting.mp3")``.

    Does what a hand-written route leaves out: ``HEAD``, ``Range`` (206, 416), ``Content-Length``, ``ETag`` with 304,
    ``Cache-Control``. Only files directly in ``folder`` (the kit's audio folder, unless given) are sent; for any other
    name the reply is a 404 that says which files there are.
    """
    from flask import request

    home = folder_of_sounds(folder) if folder else request.environ.get("kit.audio")
    if home is None:
        raise KitError("It is not known where the audio files are.", 'Say it: send_audio("greeting.mp3", folder).')
    return _sound(str(name), Path(home), request.environ)


def audio_app(folder: Path) -> Callable[..., Iterable[bytes]]:
    """The same as a WSGI app of its own that answers GET and HEAD below ``/audio/``."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").removeprefix("/audio/")
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            response = _sound(name, folder, environ)
        else:
            response = plain_text("Audio files can only be fetched: GET or HEAD.", 405, [("Allow", "GET, HEAD")])
        return response(environ, start_response)

    return app


def _sound(name: str, folder: Path, environ: dict[str, Any]) -> Response:
    from werkzeug.exceptions import RequestedRangeNotSatisfiable
    from werkzeug.utils import send_file

    # The folder is not listed for each request: that took more than half of the time.
    file = folder / name[: LONGEST_NAME + 1]
    whole = name in (file.name, str(file))  # neither of a folder further down, nor with a slash at its end
    if not whole or (file.parent != folder and file.parent != folder.resolve()) or not _is_sound(file):
        files = audio_files(folder) if folder.is_dir() else {}
        if name.startswith((".", "/")) or ".." in name or "\\" in name or _is_link(file):
            logger.warning("refused: %r is outside the audio folder or hidden", name)
        return plain_text(
            f"There is no audio file {one_line(name)!r} here. There are: {', '.join(files) or 'none'}.", 404
        )
    # By content, not by date: a date differs from one clone of the kit to the next.
    stat = file.stat()
    tag = _digest(file, stat.st_mtime_ns, stat.st_size)
    try:
        response = send_file(
            file,
            environ,
            mimetype=AUDIO_TYPES[file.suffix.lower()],
            conditional=True,
            etag=tag,
            max_age=MAX_AGE,
        )
    except RequestedRangeNotSatisfiable:
        response = plain_text(f"{name} has {stat.st_size} bytes.", 416)
        response.headers["Content-Range"] = f"bytes */{stat.st_size}"
    for name in ("Last-Modified", "Expires", "Content-Disposition"):  # dates once more, and what only browsers use
        response.headers.pop(name, None)
    return response


def _is_link(file: Path) -> bool:
    try:
        return file.is_symlink()
    except (OSError, ValueError):  # a name that no file can have
        return False


@functools.lru_cache(maxsize=64)
def _digest(file: Path, changed: int, size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def plain_text(words: str, status: int, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A reply in plain words."""
    from werkzeug.wrappers import Response

    words = f"{words}\n" if words else ""
    return Response(words, status, dict(headers), content_type="text/plain; charset=utf-8")

"""The servers that are compared: the same Flask app on the kit's background server and on waitress alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, send_file

from tests.notebooks.sanitising import PROJECT

CLIENTS = 16
THREADS = 8
MUSIC = PROJECT / "audio" / "music.mp3"


def answer_app() -> Flask:
    """The answer route of lesson 06, as a reader writes it."""
    app = Flask("answer")

    @app.get("/answer")
    def answer() -> list[dict[str, Any]]:
        return [{"action": "stream", "streamUrl": ["http://127.0.0.1:8080/audio/greeting.mp3"]}]

    return app


def sound_app() -> Flask:
    """A route that sends a file, as the Flask manual has it."""
    app = Flask("sound")

    @app.get(f"/audio/{MUSIC.name}")
    def music() -> Response:
        return send_file(MUSIC)

    return app


@contextmanager
def ours() -> Iterator[int]:
    """The port of the kit's background server, which serves the sounds by itself."""
    from helpers.server.server import BackgroundServer

    with BackgroundServer(answer_app(), audio=MUSIC.parent, threads=THREADS) as server:
        yield server.port


@contextmanager
def bare(app: Flask) -> Iterator[int]:
    """The port of waitress alone, with as many threads."""
    from waitress.server import create_server

    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(5)

"""A page with nothing but the Speaker of helpers/widgets/phone/phone.js, and a recorder of every sample it plays."""

from __future__ import annotations

import base64
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page

from helpers.audio.files import decode
from helpers.line.control_plane import ControlPlane
from helpers.server.server import BackgroundServer
from helpers.simulator import Simulator
from helpers.widgets.phone.live_sound import LiveSound
from tests.notebooks.sanitising import PROJECT
from tests.simulator.conftest import make_keys
from tests.simulator.world import Learner, World

RATE = 16_000
RAMP = 0.005

SPEAKER = PROJECT / "helpers" / "widgets" / "phone" / "phone.js"
RECORDER = """registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([[samples]]) {
    this.port.postMessage([currentFrame, samples ? samples.slice() : new Float32Array(128)]);
    return true;
  }
});"""
PAGE = """<!doctype html><title>Speaker</title><script type="module">
import { Speaker } from "/speaker.js";

// A call whose clock reads 100 s when it is made. It sends pieces as LiveSound does.
class Call {
  constructor(speaker, { rate = 16000, ahead = 1, late = () => 0 } = {}) {
    Object.assign(this, { speaker, rate, ahead, late, began: performance.now() });
    Object.assign(this, { turn: 0, most: 0, sources: 0, told: [] });
  }
  get now() { return 100 + (performance.now() - this.began) / 1000; }
  // Soon enough, and late enough that a page on a busy machine loses nothing of what begins then.
  get soon() { return this.now + 0.25; }
  // Samples are heard from `at` on; resolves when all has been sent, or something else is.
  async send(samples, at, loops = 1, piece = 0.2) {
    const size = Math.round(piece * this.rate), whole = new Int16Array(samples.length * loops);
    for (let n = 0; n < loops; n++) whole.set(samples, n * samples.length);
    const turn = ++this.turn;
    for (let first = 0; first < whole.length; first += size) {
      const begins = at + first / this.rate;
      while (this.now < begins - this.ahead && this.turn === turn) await wait(10);
      if (this.turn !== turn) return;
      this.say("chunk", { at: begins, rate: this.rate }, whole.slice(first, first + size));
    }
  }
  cut(at) {
    this.turn++;
    this.say("cut", { cut: at });
  }
  say(what, message, samples) {
    const told = { ...message, now: this.now };
    const tell = () => {
      if (samples) this.speaker[what](told, new DataView(samples.buffer));
      else this.speaker[what](told);
      this.most = Math.max(this.most, this.speaker.waiting);
      this.sources = Math.max(this.sources, this.speaker._runs.reduce((sum, run) => sum + run.sources.size, 0));
    };
    // Late or not, they come one after the other.
    this.told.push(tell);
    const late = Math.ceil(this.late() * 1000), next = () => this.told.shift()();
    if (late || this.told.length > 1) setTimeout(next, late); else next();
  }
}
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (is) => {
  const end = performance.now() + 60000;
  while (!is()) {
    if (performance.now() > end) throw new Error(`After 60 s it is still not so: ${is}`);
    await wait(10);
  }
};
const pcm = (text) => new Int16Array(Uint8Array.fromBase64(text).buffer);

window.lab = {
  Speaker, Call, wait, until, pcm, heard: [], changes: 0,
  async open(rate) {
    const context = lab.context = rate ? new AudioContext({ sampleRate: rate }) : Speaker.context();
    await context.audioWorklet.addModule("/recorder.js");
    const recorder = new AudioWorkletNode(context, "recorder", { channelCount: 1, channelCountMode: "explicit" });
    recorder.port.onmessage = ({ data }) => lab.heard.push(data);
    // Before connect is another: a recorder that recorded itself would be a circle, and those are silent in Firefox.
    recorder.connect(context.destination);
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...more) {
      if (to === context.destination) connect.call(this, recorder);
      return connect.call(this, to, ...more);
    };
    lab.speaker = new Speaker(context, () => lab.changes++);
    AudioNode.prototype.connect = connect;
    return lab.speaker;
  },
  // From now on the page goes by the clock of its loudspeaker, which stumbles on a busy machine.
  together() {
    const ahead = performance.now() - lab.context.currentTime * 1000;
    performance.now = () => ahead + lab.context.currentTime * 1000;
  },
  // Let so many seconds of sound or silence be played, however long that takes.
  async play(seconds) {
    const end = lab.context.currentTime + seconds;
    await until(() => lab.context.currentTime >= end);
  },
  // Until all has been played, and let go.
  async over() {
    await until(() => !lab.speaker._runs.length);
    await lab.play(0.1);
  },
  // Everything that was played, block by block: the number of its first sample, and 128 samples.
  played() {
    const bytes = new Uint8Array(lab.heard.length * 4 * 129), view = new Float32Array(bytes.buffer);
    lab.heard.forEach(([frame, samples], n) => { view[n * 129] = frame; view.set(samples, n * 129 + 1); });
    return bytes.toBase64();
  },
};
window.ready = true;
</script>"""

Samples = NDArray[np.float32]
OpenSpeaker = Callable[..., Page]


@contextmanager
def serving(script: str = "") -> Iterator[str]:
    """The page's address, for as long as the block runs. ``script`` runs in it by itself, at /?alone."""
    files = {
        "/": ("text/html; charset=utf-8", PAGE),
        "/?alone": ("text/html; charset=utf-8", f'{PAGE}<script type="module">{script}</script>'),
        "/recorder.js": ("text/javascript", RECORDER),
        "/speaker.js": ("text/javascript; charset=utf-8", SPEAKER.read_text("utf-8")),
    }
    with server_of(files) as url:
        yield f"{url}/"


@contextmanager
def server_of(files: dict[str, tuple[str, str]]) -> Iterator[str]:
    """A server with these paths, each a type and a text; all others are 404. Gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = files.get(self.path, ("text/plain", ""))
            self.send_response(200 if self.path in files else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def speaking(context: BrowserContext, url: str, rate: int | None = None) -> Page:
    """The page, with a Speaker that plays; ``rate``: that of its AudioContext, None: the Speaker's own."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("window.ready")
    # The first sound of a Firefox takes up to two seconds to begin.
    page.evaluate("(rate) => lab.open(rate).then(() => lab.play(0.1))", rate)
    return page


def coded(samples: Samples) -> str:
    """Samples as the page takes them: 16 bits, base64."""
    return base64.b64encode(np.round(samples * 32767).astype("<i2").tobytes()).decode()


def as_sent(samples: Samples) -> Samples:
    """What is left of samples after they have been 16 bits wide."""
    return (np.round(samples * 32767) / 32768).astype(np.float32)


def played(page: Page) -> tuple[int, Samples]:
    """What the page has played so far: the number of the first sample in the context's time, and the samples."""
    blocks = np.frombuffer(base64.b64decode(page.evaluate("lab.played()")), dtype=np.float32).reshape(-1, 129)
    # On a busy machine a block now and then bears the number of its neighbour; most of those around it are right.
    shifts = blocks[:, 0].astype(int) - 128 * np.arange(len(blocks))
    shifts = np.array([int(np.median(shifts[max(0, n - 8) : n + 9])) for n in range(len(blocks))])
    places = shifts + 128 * np.arange(len(blocks))
    whole = np.zeros(places.max() + 128 - places.min(), dtype=np.float32)
    for place, block in zip(places - places.min(), blocks, strict=True):
        whole[place : place + 128] = block[1:]
    return int(places.min()), whole


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def starts_and_cuts(page: Page, sounds: int, ahead: float = 0) -> tuple[list[float], list[float], Samples]:
    """Send a tone and cut it off, again and again: how long after each moment of the call that was heard, and all that.

    ``ahead``: seconds by which the page is told before, of starts and of cuts.
    """
    asked = page.evaluate(
        """async ([text, sounds, ahead]) => {
          const call = new lab.Call(lab.speaker), whole = lab.pcm(text), starts = [], cuts = [];
          for (let n = 0; n < sounds; n++) {
            starts.push(lab.context.currentTime + ahead);
            call.send(whole, call.now + ahead);
            await lab.play(0.6 + 0.037 * n);
            cuts.push(lab.context.currentTime + ahead);
            call.cut(call.now + ahead);
            await lab.over();
            await lab.play(0.2);
          }
          return [starts, cuts]; }""",
        [coded(tone(3)), sounds, ahead],
    )
    first, heard = played(page)
    loud = np.flatnonzero(heard)
    edges = np.flatnonzero(np.diff(loud) > RATE // 5)
    edges_of = np.concatenate([loud[:1], loud[edges + 1]]), np.concatenate([loud[edges], loud[-1:]])
    starts, cuts = (
        [float(there + first) / RATE - told for there, told in zip(of, when, strict=True)]
        for of, when in zip(edges_of, asked, strict=True)
    )
    return starts, cuts, heard


def from_a_call(page: Page, sound: bytes) -> tuple[float, float, Samples]:
    """Play a sound again and again in a call, until a key stops it, and pass on to a page what the person hears.

    Returns how long after its cue the page plays it, how much the page plays yet when it has been told to stop, in
    seconds, and what was heard.
    """
    waiting: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]]] = queue.SimpleQueue()
    with BackgroundServer() as server, Simulator(pace=1, seed=1) as network:
        learner = Learner(server.url)
        server.handle(learner.app)
        world, control = World(network, learner, make_keys()), ControlPlane(network.url, network.token)
        url = learner.serve("music.wav", sound)
        world.phone(after=0.3, script=[{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])
        call = world.call(
            {"action": "stream", "streamUrl": [url], "loop": 0, "bargeIn": True},
            {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1, "maxDigits": 1}},
        )
        live = LiveSound(control, call, lambda message, buffers: waiting.put((message, buffers)))
        live.start()
        marks: dict[str, tuple[float, float]] = {}  # in the page's time, and what it still has to play
        while "end" not in marks:
            message, buffers = waiting.get(timeout=60)
            kind = next(name for name in ("at", "cut", "end") if name in message)
            now, left = page.evaluate(
                """([message, text]) => {
                  if (text) lab.speaker.chunk(message, lab.pcm(text).buffer);
                  else if ("cut" in message) lab.speaker.cut(message);
                  return [lab.context.currentTime, lab.speaker.waiting]; }""",
                [message, base64.b64encode(b"".join(buffers)).decode()],
            )
            if kind not in marks:  # when the call was there, in the page's time: messages take next to no time here
                since = message["now"] - message.get(kind, 0)
                marks[kind] = now - since, left + min(0, since)
        page.evaluate("lab.over()")
        live.stop()
        sent = decode(control.heard(call, RATE), RATE)
        control.close()
        world.http.close()
    first, heard = played(page)
    return (np.flatnonzero(heard)[0] + first) / RATE - marks["at"][0], marks["cut"][1], sent

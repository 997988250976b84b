"""A page with nothing but the Speaker of helpers/widgets/phone/phone.js, and a recorder of every sample it plays."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from tests.notebooks.sanitising import PROJECT

SPEAKER = PROJECT / "helpers" / "widgets" / "phone" / "phone.js"
RECORDER = """registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([[samples]]) {
    this.port.postMessage([currentFrame, samples ? samples.slice() : new Float32Array(128)]);
    return true;
  }
});"""
PAGE = """<!doctype html><title>Speaker</title><button>Sound on</button><script type="module">
import { Speaker } from "/speaker.js";

// A call whose clock reads 100 s when it is made. It sends pieces as LiveSound does.
class Call {
  constructor(speaker, { rate = 16000, ahead = 1, late = () => 0 } = {}) {
    Object.assign(this, { speaker, rate, ahead, late, began: performance.now() });
    Object.assign(this, { turn: 0, most: 0, least: 9, sources: 0 });
  }
  get now() { return 100 + (performance.now() - this.began) / 1000; }
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
      this.least = Math.min(this.least, this.speaker.waiting || 9);
      if (samples) this.speaker[what](told, new DataView(samples.buffer));
      else this.speaker[what](told);
      this.most = Math.max(this.most, this.speaker.waiting);
      this.sources = Math.max(this.sources, this.speaker._runs.reduce((sum, run) => sum + run.sources.size, 0));
    };
    // Late or not, they come one after the other. (Timers are cut to whole milliseconds.)
    const late = Math.ceil(Math.max((this.last ?? 0) - performance.now() + 2, this.late() * 1000));
    this.last = performance.now() + late;
    if (late > 2) setTimeout(tell, late); else tell();
  }
}
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pcm = (text) => new Int16Array(Uint8Array.from(atob(text), (c) => c.charCodeAt()).buffer);

window.lab = {
  Speaker, Call, wait, pcm, heard: [], changes: 0,
  async open(rate) {
    const context = lab.context = rate ? new AudioContext({ sampleRate: rate }) : Speaker.context();
    await context.audioWorklet.addModule("/recorder.js");
    const recorder = new AudioWorkletNode(context, "recorder", { channelCount: 1, channelCountMode: "explicit" });
    recorder.port.onmessage = ({ data }) => lab.heard.push(data);
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...more) {
      if (to === context.destination) connect.call(this, recorder);
      return connect.call(this, to, ...more);
    };
    recorder.connect(context.destination);
    lab.speaker = new Speaker(context, () => lab.changes++);
    AudioNode.prototype.connect = connect;
    return lab.speaker;
  },
  // Everything that was played, block by block: the number of its first sample, and 128 samples.
  played() {
    const bytes = new Uint8Array(lab.heard.length * 4 * 129), view = new Float32Array(bytes.buffer);
    lab.heard.forEach(([frame, samples], n) => { view[n * 129] = frame; view.set(samples, n * 129 + 1); });
    let text = "";
    for (let n = 0; n < bytes.length; n += 8192) text += String.fromCharCode(...bytes.subarray(n, n + 8192));
    return btoa(text);
  },
};
window.ready = true;
</script>"""

Samples = NDArray[np.float32]


@contextmanager
def serving(script: str = "") -> Iterator[str]:
    """The page's address, for as long as the block runs. ``script`` runs in it by itself, at /?alone."""
    files = {
        "/": ("text/html; charset=utf-8", PAGE),
        "/?alone": ("text/html; charset=utf-8", f'{PAGE}<script type="module">{script}</script>'),
        "/recorder.js": ("text/javascript", RECORDER),
        "/speaker.js": ("text/javascript; charset=utf-8", SPEAKER.read_text("utf-8")),
    }

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
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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

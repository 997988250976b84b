"""What a page really plays: every sample that reaches the loudspeaker, recorded beside it."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

# Runs before the page's own scripts: whatever is connected to a loudspeaker is connected to a recorder as well.
TAP = """(() => {
  const recorder = `registerProcessor("tap", class extends AudioWorkletProcessor {
    lag = -Infinity;
    told = [];
    process([[samples]]) {
      // Nothing is played before it is computed, so what runs behind the clock of the wall stays so far behind it.
      this.lag = Math.max(this.lag, Date.now() / 1000 - currentTime);
      this.told.push([currentTime, this.lag, samples ? samples.slice() : null]);
      if (this.told.length === 8) this.port.postMessage(this.told.splice(0)); // one by one they keep a page busy
      return true;
    }
  });`;
  const address = URL.createObjectURL(new Blob([recorder], { type: "text/javascript" }));
  window.tap = { blocks: [], now: 0, rate: 0, AudioContext };
  const ready = new WeakMap();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const { context } = this;
      if (!ready.has(context)) ready.set(context, context.audioWorklet.addModule(address).then(() => {
        const mix = context.createGain();
        const node = new AudioWorkletNode(context, "tap", { channelCount: 1, channelCountMode: "explicit" });
        connect.call(mix, node);
        connect.call(node, to);
        // Not getOutputTimestamp: beside a worklet Firefox 153 can stand still in it forever.
        const loud = ([, , samples]) => samples?.some((sample) => Math.abs(sample) > 1e-5);
        node.port.onmessage = ({ data }) => {
          window.tap.now = data.at(-1)[0];
          window.tap.rate = context.sampleRate;
          window.tap.blocks.push(...data.filter(loud));
        };
        return mix;
      }));
      ready.get(context).then((mix) => connect.call(this, mix));
    }
    return connect.call(this, to, ...more);
  };
})()"""
TAKE = """() => {
  const { blocks, rate } = window.tap;
  const samples = new Float32Array(blocks.length * 128);
  blocks.forEach(([, , block], n) => samples.set(block, n * 128));
  return [blocks.map(([time, lag]) => [time, lag]), new Uint8Array(samples.buffer).toBase64(), rate]; }"""

Samples = NDArray[np.float32]


class Heard:
    """What has been played so far: ``samples`` at ``rate``."""

    def __init__(self, page: Page) -> None:
        told, coded, rate = page.evaluate(TAKE)
        self.rate = int(rate)
        self._times = np.array(told, dtype=np.float64).reshape(-1, 2)
        self.samples: Samples = np.zeros(0, dtype=np.float32)
        if told:
            self.samples = np.zeros(int(self._places()[-1]) + 128, dtype=np.float32)
            blocks = np.frombuffer(base64.b64decode(coded), dtype=np.float32).reshape(-1, 128)
            for place, block in zip(self._places(), blocks, strict=True):
                self.samples[place : place + 128] = block

    def _places(self) -> NDArray[np.int64]:
        return np.round((self._times[:, 0] - self._times[0, 0]) * self.rate).astype(np.int64)

    def when(self, seconds: float) -> float:
        """The moment, in seconds since 1970, before which nobody can have heard what is so far into the samples."""
        block = int(np.searchsorted(self._places(), seconds * self.rate, side="right")) - 1
        return float(self._times[0, 0] + seconds + self._times[block, 1])

    def __bool__(self) -> bool:
        return bool(len(self.samples))

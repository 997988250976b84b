"""What a page really plays: every sample that reaches the loudspeaker, recorded beside it."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

# Runs before the page's own scripts: whatever is connected to a loudspeaker is connected to a recorder as well.
TAP = """(() => {
  const recorder = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([[samples]]) { this.port.postMessage([currentTime, samples ? samples.slice() : null]); return true; } });`;
  const address = URL.createObjectURL(new Blob([recorder], { type: "text/javascript" }));
  window.tap = { blocks: [], now: 0, rate: 0, offset: 0, AudioContext };
  const ready = new WeakMap();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const { context } = this;
      if (!ready.has(context)) ready.set(context, context.audioWorklet.addModule(address).then(() => {
        let offset = Infinity;
        const mix = context.createGain();
        const node = new AudioWorkletNode(context, "tap", { channelCount: 1, channelCountMode: "explicit" });
        connect.call(mix, node);
        connect.call(node, to);
        node.port.onmessage = ({ data: [time, samples] }) => {
          window.tap.now = time;
          window.tap.rate = context.sampleRate;
          // Not by getOutputTimestamp: when a worklet runs, Firefox 153 now and then stands still in it for ever.
          offset = window.tap.offset = Math.min(offset, (performance.timeOrigin + performance.now()) / 1000 - time);
          if (samples && samples.some((sample) => Math.abs(sample) > 1e-5)) window.tap.blocks.push([time, samples]);
        };
        return mix;
      }));
      ready.get(context).then((mix) => connect.call(this, mix));
    }
    return connect.call(this, to, ...more);
  };
})()"""
TAKE = """() => {
  const { blocks, rate, offset } = window.tap;
  const bytes = new Uint8Array(blocks.length * 4 * 129);
  const view = new Float32Array(bytes.buffer);
  blocks.forEach(([time, samples], n) => { view[n * 129] = time; view.set(samples, n * 129 + 1); });
  return [bytes.toBase64(), rate, offset]; }"""

Samples = NDArray[np.float32]


class Heard:
    """What has been played so far: ``samples`` at ``rate``, the first of them at ``began``, seconds since 1970."""

    def __init__(self, page: Page) -> None:
        coded, rate, offset = page.evaluate(TAKE)
        blocks = np.frombuffer(base64.b64decode(coded), dtype=np.float32).reshape(-1, 129)
        self.rate = int(rate)
        self.samples: Samples = np.zeros(0, dtype=np.float32)
        self.began = self.ended = 0.0
        if len(blocks):
            first = float(blocks[0, 0])
            places = np.round((blocks[:, 0].astype(np.float64) - first) * rate).astype(int)
            self.samples = np.zeros(int(places[-1]) + 128, dtype=np.float32)
            for place, block in zip(places, blocks, strict=True):
                self.samples[place : place + 128] = block[1:]
            self.began = offset + first
            self.ended = self.began + len(self.samples) / self.rate

    def __bool__(self) -> bool:
        return bool(len(self.samples))

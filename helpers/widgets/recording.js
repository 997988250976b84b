// The microphone in the browser: samples from Web Audio, and a WAV file of them. Not a MediaRecorder: its files are WebM
// or MP4, which no telephone plays.

const TAP = `registerProcessor("kit-tap", class extends AudioWorkletProcessor {
  process([[samples]]) {
    if (samples) this.port.postMessage(samples.slice());
    return true;
  }
});`;

const TROUBLE = {
  NotAllowedError: "The browser was not allowed to use the microphone. Allow it beside the address of this page, then "
    + "try again.",
  NotFoundError: "There is no microphone here. Plug one in, then try again.",
  NotReadableError: "Another program holds the microphone. Close it, then try again.",
};

const givesMicrophone = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
const whySilent = ({ name }) => TROUBLE[name] ?? `The microphone does not work here (${name}).`;

// What the microphone gives, from start to stop: samples as they come, nothing of them changed by the browser.
class Recording {
  static async start(heard) {
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const recording = new Recording();
    recording.stream = await navigator.mediaDevices.getUserMedia({ audio });
    try {
      recording.context = new AudioContext();
      await recording._listen(heard);
    } catch (error) {
      recording.stop();
      throw error;
    }
    return recording;
  }

  async _listen(heard) {
    const { context, stream } = this;
    const address = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
    await context.audioWorklet.addModule(address).finally(() => URL.revokeObjectURL(address));
    const tap = new AudioWorkletNode(context, "kit-tap", { channelCount: 1, channelCountMode: "explicit" });
    tap.port.onmessage = ({ data }) => {
      this.blocks.push(data);
      this.length += data.length;
      heard(this);
    };
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination); // silent; what leads nowhere may not be run
  }

  blocks = [];
  length = 0;

  get seconds() {
    return this.context ? this.length / this.context.sampleRate : 0;
  }

  stop() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context?.close();
  }

  /** The bytes of a WAV file: mono, 16 bits, at the rate of the context. */
  wav() {
    const rate = this.context.sampleRate;
    const size = this.length * 2;
    const view = new DataView(new ArrayBuffer(44 + size));
    const word = (at, text) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
    word(0, "RIFF"), view.setUint32(4, 36 + size, true), word(8, "WAVEfmt "), view.setUint32(16, 16, true);
    view.setUint16(20, 1, true), view.setUint16(22, 1, true), view.setUint32(24, rate, true);
    view.setUint32(28, rate * 2, true), view.setUint16(32, 2, true), view.setUint16(34, 16, true);
    word(36, "data"), view.setUint32(40, size, true);
    let at = 44;
    for (const block of this.blocks) {
      for (const sample of block) {
        view.setInt16(at, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true);
        at += 2;
      }
    }
    return view.buffer;
  }
}

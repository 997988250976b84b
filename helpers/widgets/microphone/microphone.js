// Records with the microphone and hands the file to Python; without one it takes a file.

const INSECURE = "This page gets no microphone: browsers give it only to pages from this computer or over https. "
  + "Record with another program, as WAV or MP3, and choose the file.";

function render({ model, el }) {
  const end = new AbortController();
  const most = model.get("most");
  const secure = givesMicrophone();
  const record = make("button", "km-record", [make("i"), make("span", "", "Record")], { type: "button" });
  const clock = make("span", "km-clock", "0:00", { role: "timer", "aria-label": "Time recorded" });
  const bar = make("span", "km-level", make("i"), { "aria-hidden": "true" });
  const player = make("audio", "", "", { controls: "", "aria-label": "Your recording" });
  const input = make("input", "kit-unseen", "", { type: "file", accept: "audio/*,.wav,.mp3" });
  const choose = make("label", "km-choose", [secure ? "or choose a file" : "Choose a file", input]);
  const told = make("p", "km-told", "", { role: "status" });
  const root = make("section", "kit-widget kit-microphone", [
    make("div", "km-row", [secure && record, secure && clock, secure && bar, choose]), player, told,
  ], { "aria-label": "Microphone" });
  el.append(root);
  player.hidden = true;
  let recording = null;
  let starting = false;

  const say = (text, bad = false) => {
    told.textContent = text;
    told.classList.toggle("km-bad", bad);
  };
  const update = () => say(model.get("told"), model.get("bad"));

  function draw(on) {
    root.dataset.state = on ? "on" : "off";
    record.lastChild.textContent = on ? "Stop" : "Record";
    record.setAttribute("aria-pressed", on);
    if (!on) bar.style.setProperty("--level", 0);
  }

  function heard(now) {
    if (now !== recording) return; // not yet, or not any more
    const block = now.blocks.at(-1);
    const loudest = block.reduce((high, sample) => Math.max(high, Math.abs(sample)), 0);
    if (now.blocks.length % 16 === 0) {
      const seconds = Math.floor(now.seconds);
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      bar.style.setProperty("--level", Math.min(1, Math.sqrt(loudest)).toFixed(2));
    }
    if (now.seconds >= most.seconds) stop();
  }

  async function start() {
    starting = true;
    try {
      recording = await Recording.start(heard);
      if (end.signal.aborted) return recording.stop();
      say("Speak now. Press Stop when you are done.");
      draw(true);
    } catch (error) {
      say(`${whySilent(error)} Or choose a file.`, true);
    } finally {
      starting = false;
    }
  }

  function stop() {
    const done = recording;
    recording = null;
    done.stop();
    draw(false);
    if (!done.length) return say("Nothing came from the microphone. Press Record again.", true);
    const wav = done.wav();
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    player.hidden = false;
    send({ name: "the recording", size: wav.byteLength }, wav);
  }

  function send(message, bytes) {
    try {
      model.send(message, undefined, message.size > most.bytes ? [] : [bytes]);
    } catch {
      say("Python has forgotten this microphone: run its cell again.", true);
    }
  }

  async function chosen() {
    const file = input.files[0];
    if (!file) return;
    player.hidden = true;
    send({ name: file.name, size: file.size }, file.size > most.bytes ? null : await file.arrayBuffer());
    input.value = "";
  }

  listen(end, record, { click: () => (recording ? stop() : starting || start()) });
  listen(end, input, { change: chosen });
  // JupyterLab's shortcuts are no business of its buttons.
  listen(end, window, { keydown: (event) => root.contains(event.target) && event.stopImmediatePropagation() }, true);
  model.on("change:told change:bad", update);
  update();
  if (!secure) say(`${INSECURE} ${model.get("told")}`, true);

  return () => {
    recording?.stop();
    URL.revokeObjectURL(player.src);
    end.abort();
    model.off("change:told change:bad", update);
  };
}

export default { render };

// The phone in the browser: puts what Python knows into the page, as text, and tells Python what is pressed.
// It rings, makes the tones of its keys and plays the call by itself, so that a busy kernel changes nothing of it.

const PATIENCE = 300; // ms until a click that Python has not taken yet is said to wait
const TAIL = 150; // ms that the end of a call is still heard: sound plays a moment after the call
const DEATH = 3000; // ms until a kernel that was restarted, and does not know this phone, is given up
const LONGEST_RING = 90; // seconds; time in the phone network may stand still while it rings
const LEAST_SPOKEN = 0.2; // seconds
const HOLDING = [" ", "Enter"];
const ROWS = ["123", "456", "789", "*0#"];
const ROW_HERTZ = [697, 770, 852, 941]; // ITU-T Q.23
const COLUMN_HERTZ = [1209, 1336, 1477];

// One phone, however often it is shown: its sound, and its line to Python.
class Telephone {
  constructor(model) {
    this.model = model;
    this.changed = new Set(); // what draws it
    this.dead = false;
    this.skew = 0; // seconds that this machine's clock is ahead of the kernel's
    this._asked = new Map(); // messages that Python has not taken yet
    this._next = 0;
    this._aside = "";
    this._talking = false;
    this.speaker = new Speaker(Speaker.context(), () => this._soundChanged());
    const { context } = this.speaker;
    if (context) {
      this._bell = context.createGain();
      this._bell.connect(context.destination);
    }
    model.on("change:shown", () => {
      this.dead = false;
      this.skew = Date.now() / 1000 - model.get("shown").clock;
      if (model.get("shown").state !== "in call") this._aside = "";
      this._follow();
    });
    model.on("msg:custom", (message, buffers) => this._told(message, buffers));
    model.on("comm_live_update", () => this._check());
    this._follow();
    this.ask("hello", { hears: context?.state === "running" });
  }

  /** What is to be shown: what Python says, and what only the page knows. */
  get shown() {
    const shown = { ...this.model.get("shown"), asleep: false };
    shown.busy = shown.state === "in call" ? this._aside : "";
    if (this.dead) {
      return { ...shown, state: "off", flags: ["silent", "fresh"], other: "", lines: [], calls: [],
        title: "This phone is dead", note: "The notebook's kernel was restarted, and this phone with it. "
          + "Run the cells again, the first one first." };
    }
    if ([...this._asked.values()].some((one) => one.late)) {
      shown.busy = "The notebook is busy: your click waits for the running cell.";
    }
    const { trouble, hopeless } = this.speaker;
    shown.asleep = Boolean(shown.sound && trouble && !hopeless && shown.state !== "off");
    if (hopeless) shown.note = [shown.note, trouble].filter(Boolean).join(" ");
    return shown;
  }

  /** Tell Python that something was pressed. */
  ask(what, more = {}, files = []) {
    if (this.shown.state === "off" && !["hello", "again"].includes(what)) return;
    const id = ++this._next;
    if (what !== "hello") this._aside = "";
    const patience = what === "hello" ? 0 : setTimeout(() => {
      this._asked.get(id).late = true;
      this._draw();
    }, PATIENCE);
    this._asked.set(id, { patience, late: false });
    try {
      this.model.send({ do: what, id, ...more }, undefined, files);
    } catch {
      this._die();
    }
  }

  /** Say something that only the page knows; "" takes it back. `talking`: it is spoken into, and silent meanwhile. */
  mention(aside, talking = false) {
    this._aside = aside;
    this._talking = talking;
    this._follow();
  }

  /** Let sound be heard; browsers ask for a click first. */
  wake() {
    return this.speaker.resume();
  }

  /** The tone of a key, as the person who presses it hears it. */
  tone(key) {
    const row = ROWS.findIndex((keys) => keys.includes(key));
    const context = this._audible();
    if (!context) return;
    const gain = context.createGain();
    const start = context.currentTime + 0.01;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.12, start + 0.005);
    gain.gain.setValueAtTime(0.12, start + 0.115);
    gain.gain.linearRampToValueAtTime(0, start + 0.12);
    gain.connect(this._bell);
    for (const hertz of [ROW_HERTZ[row], COLUMN_HERTZ[ROWS[row].indexOf(key)]]) {
      const oscillator = new OscillatorNode(context, { frequency: hertz });
      oscillator.connect(gain);
      oscillator.start(start);
      oscillator.stop(start + 0.12);
    }
  }

  close() {
    for (const one of this._asked.values()) clearTimeout(one.patience);
    clearTimeout(this._hush);
    this._ring(false);
    this.speaker.close();
    this.speaker.context?.close();
  }

  _audible() {
    return this.speaker.context?.state === "running" && this.model.get("shown").sound ? this.speaker.context : null;
  }

  _follow() {
    const { state, sound, volume } = this.model.get("shown");
    const loudness = sound && !this.dead && !this._talking ? (volume / 100) ** 1.5 : 0;
    this.speaker.volume = loudness;
    this._bell?.gain.setTargetAtTime(loudness, this.speaker.context.currentTime, 0.01);
    clearTimeout(this._hush);
    if (state !== "in call") this._hush = setTimeout(() => this.speaker.stop(), TAIL);
    this._ring(state === "ringing" && !this.dead);
    this._draw();
  }

  _soundChanged() {
    if (this.speaker.context?.state === "running") this.ask("hello", { hears: true });
    this._follow();
  }

  _told(message, buffers) {
    if ("done" in message) {
      const one = this._asked.get(message.done);
      if (one) clearTimeout(one.patience);
      this._asked.delete(message.done);
      this._draw();
    } else if (message.hush) {
      this.speaker.stop();
    } else if ("end" in message) {
      this.speaker.cut({ cut: message.end, now: message.now });
    } else if ("cut" in message) {
      this.speaker.cut(message);
    } else if (buffers?.length) {
      this.speaker.chunk(message, buffers[0]);
    }
  }

  // The line to Python has gone or come back: ask whether there is still a phone.
  _check() {
    this._asked.clear();
    this.ask("hello", { hears: this.speaker.context?.state === "running" });
    const asked = this._next;
    setTimeout(() => this._asked.has(asked) && this._die(), DEATH);
  }

  _die() {
    this.dead = true;
    this._follow();
  }

  _draw() {
    for (const draw of this.changed) draw();
  }

  // The ring goes on in the browser's own thread of sound, whatever the page and the kernel are doing.
  _ring(on) {
    if (!on || !this._audible()) {
      this._ringing?.stop();
      this._ringing = null;
    } else if (!this._ringing) {
      const context = this._audible();
      this._ringing = new AudioBufferSourceNode(context, { buffer: ringTone(context), loop: true });
      this._ringing.connect(this._bell);
      this._ringing.start();
      this._ringing.stop(context.currentTime + LONGEST_RING);
    }
  }
}

// Two short rings and a pause, three seconds long: two bells a third apart, 20 strokes a second.
function ringTone(context) {
  const buffer = context.createBuffer(1, 3 * context.sampleRate, context.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i++) {
    const time = i / context.sampleRate;
    const ring = time < 0.6 ? time : time - 0.6;
    if (ring > 0.4) continue;
    const swell = Math.min(1, ring / 0.02, (0.4 - ring) / 0.03);
    const stroke = 0.55 + 0.45 * Math.sin(2 * Math.PI * 20 * ring);
    const bell = (hertz) => Math.sin(2 * Math.PI * hertz * ring);
    samples[i] = 0.11 * swell * stroke * (bell(1060) + 0.8 * bell(1325) + 0.3 * bell(2650));
  }
  return buffer;
}

// One place in the page where a phone is seen.
function show(phone, model, el) {
  const root = make("section", "kit-widget kit-phone", "", { tabindex: "0" });
  const end = new AbortController();
  root.innerHTML = `${model.get("page")}<div class="kit-unseen" role="alert"></div>`;
  el.append(root);
  const all = (what) => [...root.querySelectorAll(what)];
  const one = (what) => root.querySelector(what);
  const boxes = { dial: one("[data-box=dial]"), say: one("[data-box=say]") };
  let before = {};
  let timer = 0;

  function draw() {
    const now = phone.shown;
    const had = root.contains(document.activeElement) ? document.activeElement : null;
    const flags = [...now.flags, now.asleep ? "asleep" : ""];
    root.dataset.state = now.state;
    root.setAttribute("aria-label", `${now.label}: ${now.title} ${now.other}`.trim());
    for (const element of all("[data-text]")) put(element, now[element.dataset.text] ?? "");
    for (const element of all("[data-when]")) element.hidden = !flags.includes(element.dataset.when);
    for (const element of all("[data-on]")) {
      const name = element.getAttribute("role") === "switch" ? "aria-checked" : "aria-pressed";
      element.setAttribute(name, Boolean(now[element.dataset.on]));
    }
    const volume = one("[data-volume]");
    if (document.activeElement !== volume) volume.value = now.volume;
    if (now.state !== before.state) {
      const help = now.manual ? " Enter answers, Escape declines." : "";
      put(one("[role=alert]"), now.state === "ringing" ? `${now.label} rings: ${now.other} calls.${help}` : "");
    }
    for (const part of all(".kp-actions, .kp-keys, .kp-entry, .kp-foot")) part.inert = now.state === "off";
    if (now.state !== "in call") letGo(false);
    lines(now.lines);
    calls(now.calls);
    clock();
    clearInterval(timer);
    timer = now.state === "in call" ? setInterval(clock, 200) : 0;
    before = now;
    // What had the focus is gone: the phone keeps it, so that its keys go on working.
    if (had && had !== root && !had.checkVisibility()) root.focus({ preventScroll: true });
  }

  function lines(now) {
    const list = one("[data-list=lines]");
    const kept = new Set(now.map((line) => line.id));
    for (const item of [...list.children]) if (!kept.has(Number(item.dataset.id))) item.remove();
    const last = Number(list.lastElementChild?.dataset.id ?? -1);
    for (const line of now) {
      if (line.id <= last) continue;
      list.append(make("li", `kp-by-${line.who}`, [
        make("span", "kp-at", line.at >= 0 && `${line.at.toFixed(1)} s`),
        make("span", "kp-said", breakable(line.who === "you" ? `You: ${line.text}` : line.text)),
      ], { "data-id": line.id }));
      list.scrollTop = list.scrollHeight;
    }
  }

  function calls(now) {
    if (JSON.stringify(now) === JSON.stringify(before.calls)) return;
    one("[data-list=calls]").replaceChildren(...now.map((call) => {
      const [sign, way] = call.out ? ["↗", "to"] : ["↙", "from"];
      return make("li", call.missed && "kp-missed", [make("span", "kp-way", sign, { "aria-label": way, role: "img" }),
        make("span", "kp-who", call.who), make("span", "kp-how", call.how)]);
    }));
  }

  function clock() {
    const now = phone.shown;
    const since = Math.max(0, Date.now() / 1000 - now.clock - phone.skew);
    const seconds = Math.floor(now.seconds + (now.state === "in call" ? since * now.pace : 0));
    put(one("[data-clock]"), `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
    const level = now.state === "in call" ? phone.speaker.level : 0;
    one(".kp-level").style.setProperty("--level", Math.min(1, Math.sqrt(level) * 2.2).toFixed(2));
  }

  // ---- what is done with it

  function act(what) {
    if (what === "sound" && phone.shown.asleep) return;
    if (what === "wake" || what === "talk") return;
    const box = boxes[what];
    if (!box) return phone.ask(what);
    if (document.activeElement !== box && what === "say") box.focus();
    const text = box.value.trim();
    if (text) {
      phone.ask(what, { text });
      box.value = "";
    } else {
      box.focus();
    }
  }

  function press(key) {
    const button = one(`[data-key="${CSS.escape(key)}"]`);
    button.classList.remove("kp-pressed");
    void button.offsetWidth;
    button.classList.add("kp-pressed");
    phone.tone(key);
    const { state } = phone.shown;
    if (state === "in call") phone.ask("press", { digits: key });
    else if (state === "idle") boxes.dial.value += key;
  }

  function onClick({ target }) {
    const button = target.closest("button");
    if (!button || !root.contains(button)) return;
    phone.wake(); // a click is what browsers wait for
    if (button.dataset.key) {
      rove(button, false);
      press(button.dataset.key);
    } else if (button.dataset.do) {
      act(button.dataset.do);
    }
  }

  // ---- push to talk: what is spoken while the button is held goes into the call when it is let go

  const talk = one("[data-do=talk]");
  const most = Number(talk.dataset.most); // seconds that Python takes at once
  talk.hidden = !givesMicrophone();
  let turn = null; // while it is held; with a recording as soon as the microphone is on

  let rest = 0; // until when a press is taken for the one that was to end it

  async function hold(how) {
    if (turn || performance.now() < rest) return;
    const { muted, leg } = phone.shown;
    if (muted) return phone.mention("You are muted: press Unmute first.");
    const mine = (turn = { recording: null, how, leg });
    try {
      const recording = await Recording.start(({ seconds }) => seconds >= most && mine === turn && cutOff());
      if (mine !== turn) return recording.stop();
      mine.recording = recording;
      talk.setAttribute("aria-pressed", true);
      phone.mention(how === "held" ? "Speak now, then let go." : "Speak now, then press again.", true);
    } catch (error) {
      if (mine !== turn) return;
      turn = null;
      phone.mention(`${whySilent(error)} Or type what you say.`);
    }
  }

  function letGo(send = true) {
    if (!turn) return;
    const { recording, how, leg } = turn;
    turn = null;
    talk.setAttribute("aria-pressed", false);
    recording?.stop();
    phone.mention("");
    if (!send) return;
    if (recording?.seconds > LEAST_SPOKEN) phone.ask("talk", { leg }, [recording.wav()]);
    else if (recording && !recording.length) phone.mention("Nothing came from the microphone.");
    else phone.mention(how === "held" ? "Hold it down while you speak." : "It was not on yet: press it again.");
  }

  function cutOff() {
    letGo();
    rest = performance.now() + 1000;
    phone.mention(`${most} seconds are the most. They were sent.`);
  }

  // With a mouse or a finger, with the keyboard, and with what only clicks.
  listen(end, talk, {
    pointerdown: ({ pointerId, button }) => {
      if (button) return;
      talk.setPointerCapture(pointerId);
      hold("held");
    },
    pointercancel: () => letGo(false),
    lostpointercapture: () => letGo(),
    contextmenu: (event) => (event.preventDefault(), event.stopPropagation()),
    keyup: (event) => HOLDING.includes(event.key) && (event.preventDefault(), letGo()),
    blur: () => letGo(),
    click: ({ detail }) => detail === 0 && (turn ? letGo() : hold("clicked")),
  });

  function rove(button, focus = true) {
    for (const key of all("[data-key]")) key.tabIndex = key === button ? 0 : -1;
    if (focus) button.focus();
  }

  function onInput({ target }) {
    if (target.matches("[data-volume]")) phone.ask("volume", { value: Number(target.value) });
  }

  function onKey(event) {
    const { target, key } = event;
    if (!root.contains(target)) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && key !== "Enter") return;
    event.stopImmediatePropagation();
    if (key === "Tab") return;
    const done = () => event.preventDefault();
    if (key === "Enter" && (control || event.shiftKey || event.altKey)) return done(); // they run cells
    const { state } = phone.shown;
    const box = target.dataset.box;
    if (target === talk && HOLDING.includes(key)) {
      done(); // or it would be clicked
      if (!event.repeat) phone.wake(), hold("held");
    } else if (box) {
      if (key === "Enter") done(), phone.wake(), act(box);
      else if (key === "Escape") done(), (target.value = ""), root.focus();
    } else if (/^[0-9*#]$/.test(key) && !event.altKey) {
      done();
      if (!event.repeat) phone.wake(), press(key);
    } else if (key === "Escape") {
      done();
      if (state === "ringing") act("decline");
      else if (state !== "idle") act("hang_up");
      else boxes.dial.value = "";
    } else if (key === "Backspace" && state === "idle") {
      done();
      boxes.dial.value = boxes.dial.value.slice(0, -1);
    } else if (key.startsWith("Arrow") && target.dataset.key) {
      done();
      const keys = all("[data-key]");
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 }[key];
      const next = keys[keys.indexOf(target) + step];
      if (next) rove(next);
    } else if (key === "Enter" && !target.closest("button")) {
      done();
      phone.wake();
      if (state === "ringing") act("answer");
      else if (state === "idle" && boxes.dial.value.trim()) act("dial");
    }
  }

  listen(end, root, { click: onClick, input: onInput });
  listen(end, window, { keydown: onKey }, true);
  phone.changed.add(draw);
  draw();
  return () => {
    phone.changed.delete(draw);
    letGo(false);
    clearInterval(timer);
    end.abort();
  };
}

function put(element, text) {
  if (element.textContent !== text) element.replaceChildren(...breakable(text).filter(Boolean));
}

// ---- the loudspeaker

// The loudspeaker of a phone: plays what LiveSound (live_sound.py) sends, in step with the call, with Web Audio alone.
//
// Call time (`at`, `cut`, `now`; seconds) is what the phone network counts. A sound is played LEAD seconds after it is
// heard in the call: so long a message may be on its way. One that takes longer is played as late as LATEST; what would
// come later still is left out, so that sound and call stay in step. Pieces that follow each other make up one run,
// which begins and ends with a ramp; within it not a sample is missing, repeated or changed.

const LEAD = 0.05;
const LATEST = 0.25;
const RAMP = 0.005; // seconds; without it a sound that is cut clicks
const HELD = 2; // seconds of sound that are kept while the browser does not let us play
const RECENT = 20; // messages from which the way from call time to the page's time is known
const SOON = 0.004; // seconds; nothing can be scheduled any sooner
const SEARCH = 2000; // ms after a click in which a browser finds its loudspeaker, if there is one
const INSTEAD = "read the captions here, or listen afterwards with kit.call(…).player().";

export class Speaker {
  /** An AudioContext that suits a phone, or null in a browser without Web Audio. Wide: no resampling at the seams. */
  static context(rate = 16000) {
    const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
    if (!Context) return null;
    try {
      return new Context({ sampleRate: rate, latencyHint: "interactive" });
    } catch {
      return new Context(); // an old browser that plays at its own rate only
    }
  }

  /** `context`: an AudioContext, or null. `changed()` is called when `trouble` may have changed. */
  constructor(context, changed = () => {}) {
    this.context = context;
    this._tell = changed;
    this._runs = []; // those that still sound, or will
    this._held = []; // pieces that came while the context was suspended
    this._ways = []; // this page's time minus call time, of the last messages
    this._open = null; // the run that the next piece may continue
    this._volume = 1;
    if (!context) return;
    this._out = context.createGain();
    this._meter = context.createAnalyser();
    this._meter.fftSize = 2048;
    this._out.connect(this._meter).connect(context.destination);
    this._changed = () => {
      this._awake = false;
      this._missing &&= context.state !== "running";
      if (context.state === "running") this._wake(context.currentTime);
      else this._silence(); // what stands still now would sound too late
      this._tell();
    };
    this._awake = false;
    this._missing = false; // there is no loudspeaker, as far as can be seen: it may still be plugged in
    this._wake(context.currentTime);
    context.addEventListener("statechange", this._changed);
  }

  /** Why nothing can be heard, and what to do about it; "" when all is well. */
  get trouble() {
    if (!this.context) return `This browser has no Web Audio: ${INSTEAD}`;
    if (this.context.state === "closed") return "The sound of this phone has been shut down: show the phone again.";
    if (this._missing) return `This browser found no loudspeaker: ${INSTEAD}`;
    return this.context.state === "running" ? "" : "The browser plays sound only after a click: press Sound on.";
  }

  /** True when no click helps. */
  get hopeless() {
    return !this.context || this._missing;
  }

  /** To be called from a click or key press, which browsers ask for. True when sound plays from now on. */
  async resume() {
    if (!this.context || this.context.state === "closed") return false;
    // Firefox without a sound device: what it promises is never kept, and never broken.
    this._search ||= setTimeout(() => {
      this._search = 0;
      this._missing = this.context.state === "suspended";
      if (this._missing) this._tell();
    }, SEARCH);
    await this.context.resume();
    return this.context.state === "running";
  }

  /** Loudness, 0 to 1. */
  get volume() {
    return this._volume;
  }

  set volume(volume) {
    this._volume = Math.min(1, Math.max(0, Number(volume) || 0));
    // Not at once: a step is heard as a click.
    this._out?.gain.setTargetAtTime(this._volume, this.context.currentTime, 0.01);
  }

  /** How loud it is now: RMS of the last samples, 0 to 1. */
  get level() {
    if (!this.context) return 0;
    const samples = new Float32Array(this._meter.fftSize);
    this._meter.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  /** Seconds of sound that wait to be played or are being played. */
  get waiting() {
    if (!this.context) return 0;
    const held = this._held.reduce((sum, [, samples, rate]) => sum + samples.length / rate, 0);
    return held + this._runs.reduce((sum, run) => sum + Math.max(0, run.end - this.context.currentTime), 0);
  }

  /** A piece of sound: `{at, now, rate}` and its samples, 16 bits, in an ArrayBuffer or a view of one. */
  chunk(message, buffer) {
    if (!this.context || this.context.state === "closed") return;
    const samples = samplesOf(buffer);
    if (!samples.length) return;
    this._learn(message.now);
    if (this._awake) this._place(message.at, samples, message.rate);
    else this._hold(message.at, samples, message.rate);
  }

  /** `{cut, now}`: what was to be heard from `cut` on is not. */
  cut(message) {
    if (!this.context || this.context.state === "closed") return;
    this._learn(message.now);
    this._held = this._held.filter(([at]) => at < message.cut);
    const soon = this.context.currentTime + SOON;
    for (const run of this._runs) this._end(run, Math.max(soon, this._within(run, message.cut)));
    this._open = null;
  }

  /** Fall silent now, and forget what was to come. What comes afterwards is played. */
  stop() {
    if (!this.context || this.context.state === "closed") return;
    this._held = [];
    this._ways = [];
    this._silence();
  }

  /** Stop, and let go of the context, which is somebody else's. */
  close() {
    this.stop();
    clearTimeout(this._search);
    this.context?.removeEventListener("statechange", this._changed);
  }

  _silence() {
    for (const run of this._runs) this._end(run, this.context.currentTime + SOON);
    this._open = null;
  }

  // Time: the page's own clock goes on while a context is suspended, which its currentTime does not.

  _learn(now) {
    this._ways.push(performance.now() / 1000 - now);
    if (this._ways.length > RECENT) this._ways.shift();
  }

  /** When a moment of call time is played, in the context's time. The fastest message tells: others were held up. */
  _due(at) {
    return this.context.currentTime + at + Math.min(...this._ways) + LEAD - performance.now() / 1000;
  }

  // Pieces that wait for the browser's permission

  _hold(at, samples, rate) {
    this._held.push([at, samples, rate]);
    let kept = this._held.reduce((sum, piece) => sum + piece[1].length / piece[2], 0);
    while (kept > HELD) {
      const [, oldest, itsRate] = this._held.shift();
      kept -= oldest.length / itsRate;
    }
  }

  /** A context that runs still needs a while until its time does. */
  _wake(since) {
    if (this.context.state !== "running") return;
    if (this.context.currentTime <= since) {
      setTimeout(() => this._wake(since), 10);
      return;
    }
    this._awake = true;
    const held = this._held;
    this._held = [];
    for (const piece of held) this._place(...piece, 0);
  }

  // Runs

  /** `patience`: seconds by which the sound may lag behind so that nothing of it is lost. */
  _place(at, samples, rate, patience = LATEST - LEAD) {
    const soon = this.context.currentTime + SOON;
    let run = this._open;
    const follows = run && run.rate === rate && Math.abs(at - run.at - run.count / rate) < 1.5 / rate;
    if (!follows || run.end < soon + RAMP) {
      const start = this._start(at, soon, patience);
      const past = Math.max(0, Math.ceil((soon - start) * rate));
      if (past >= samples.length) return;
      samples = samples.subarray(past);
      run = this._open = this._begin(at + past / rate, start + past / rate, rate);
    }
    this._append(run, samples);
  }

  /** When a new run starts that begins at `at`; what of it would be played before `soon` is left out. */
  _start(at, soon, patience) {
    const before = this._runs.at(-1);
    // While something still sounds the new goes on with it.
    if (before && before.end >= soon) return this._within(before, at);
    const due = this._due(at);
    const late = soon - due;
    if (late <= 0 || late > patience) return due;
    return due + Math.min(late + LEAD, patience); // with some room: the next message may be as late
  }

  /** When a run plays `at`; one that lags behind the call has to catch up here. */
  _within(run, at) {
    const own = run.start + at - run.at;
    const due = this._due(at);
    return own - due > LEAD ? due : own;
  }

  _begin(at, start, rate) {
    // On the grid of the context's samples: between two of them the browser would have to make some up.
    start = Math.round(start * this.context.sampleRate) / this.context.sampleRate;
    const gain = this.context.createGain();
    // `count`: its samples as they came, at `rate`; `frames`: as they are played, at the context's.
    const run = { at, start, end: start, rate, count: 0, frames: 0, last: null, gain, sources: new Set() };
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(1, start + RAMP);
    gain.connect(this._out);
    this._runs.push(run);
    return run;
  }

  _append(run, samples) {
    const { sampleRate } = this.context;
    const frames = run.rate === sampleRate ? samples : stretched(run, samples, sampleRate);
    const source = this.context.createBufferSource();
    // Filled first, then set: Firefox takes the samples over when the buffer is set, and plays no later ones.
    const buffer = this.context.createBuffer(1, frames.length, sampleRate);
    buffer.copyToChannel(frames, 0);
    source.buffer = buffer;
    source.connect(run.gain);
    source.start(run.start + run.frames / sampleRate);
    run.sources.add(source);
    source.onended = () => {
      source.disconnect();
      run.sources.delete(source);
      if (run.sources.size) return;
      run.gain.disconnect();
      this._runs = this._runs.filter((other) => other !== run);
      if (this._open === run) this._open = null;
    };
    // It fades out at its end, unless another piece comes in time and moves that end.
    if (run.count) run.gain.gain.cancelScheduledValues(run.fades);
    run.count += samples.length;
    run.frames += frames.length;
    run.end = run.start + run.frames / sampleRate;
    run.fades = Math.max(run.start + RAMP + 0.0001, run.end - RAMP);
    run.gain.gain.setValueAtTime(1, run.fades);
    run.gain.gain.linearRampToValueAtTime(0, Math.max(run.end, run.fades));
  }

  /** Let a run fade out at `when` of the context's time. */
  _end(run, when) {
    if (when + RAMP >= run.end) return;
    const level = Math.max(0, Math.min(1, (when - run.start) / RAMP));
    run.gain.gain.cancelScheduledValues(when);
    run.gain.gain.linearRampToValueAtTime(level, when); // as far as it had come
    run.gain.gain.linearRampToValueAtTime(0, when + RAMP);
    run.end = when + RAMP;
    for (const source of run.sources) source.stop(run.end);
  }
}

function samplesOf(buffer) {
  const view = ArrayBuffer.isView(buffer)
    ? new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new DataView(buffer);
  return Float32Array.from({ length: view.byteLength >> 1 }, (_, n) => view.getInt16(2 * n, true) / 32768);
}

/** The next samples of a run at the context's rate, by straight lines; the browser by itself would not join pieces. */
function stretched(run, samples, sampleRate) {
  const step = run.rate / sampleRate;
  const known = run.last === null ? samples : Float32Array.of(run.last, ...samples);
  const first = run.count - (known.length - samples.length); // the number of known[0] in its run
  const stop = Math.max(run.frames + 1, Math.ceil((first + known.length - 1) / step));
  run.last = samples.at(-1);
  return Float32Array.from({ length: stop - run.frames }, (_, n) => {
    const place = Math.max(0, (run.frames + n) * step - first);
    const left = Math.min(Math.floor(place), known.length - 1);
    const right = Math.min(left + 1, known.length - 1);
    return known[left] + (place - left) * (known[right] - known[left]);
  });
}

export default () => {
  let phone;
  return {
    initialize({ model }) {
      phone = new Telephone(model);
      return () => phone.close();
    },
    render({ model, el }) {
      return show(phone, model, el);
    },
  };
};

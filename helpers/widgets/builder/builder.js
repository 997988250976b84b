// The builder in the browser: puts the parts that Python draws into the page, and tells Python what is done there.
// It knows nothing about NCCOs. An element says itself what it sends: data-do is the name, data-args are its arguments.

const PARTS = ["top", "panel", "cards", "views", "notes"];
const REFERENCES = ["id", "for", "list", "aria-labelledby", "aria-describedby", "aria-controls"];
const STEPPED = "select, input[type=range]";
const TYPING_PAUSE = 120; // ms after the last key, until the other views follow
const MOST_BYTES = 6_000_000; // Jupyter takes no message of 10 MB; Python refuses far less, and says so

function render({ model, el }) {
  const view = viewName();
  const end = new AbortController();
  const root = make("section", "kit-widget ncco-builder", "", { "aria-label": "NCCO builder" });
  root.innerHTML = `<div class="ncco-width"><div data-part="top"></div><div data-part="panel"></div>
    <div class="ncco-columns"><div class="ncco-left" data-part="cards"></div>
      <div class="ncco-right"><div data-part="views"></div><div data-part="notes"></div></div></div>
    <div class="ncco-live kit-unseen" role="status" aria-live="polite"></div></div>`;
  el.append(root);

  const find = (id) => root.querySelector(`#${CSS.escape(`${view}-${id}`)}`);
  const typing = new Set(); // fields in which something has been typed that Python has not taken in place of its own
  let pressed = false; // a mouse button is down: nothing may move until the click has landed
  let waiting = new Set();
  let timer = 0;
  let pending = null;
  const drawn = {}; // the parts as they are in the page
  let latest = model.get("news").number; // the news that is told already

  // ---- from Python to the page

  // The parts and the news come in one update: between the two the focus would be nowhere.
  function update() {
    draw(PARTS.filter((name) => drawn[name] !== model.get(name)));
    const news = model.get("news");
    if (news.number !== latest) {
      latest = news.number;
      told(news);
    }
  }

  function draw(names) {
    if (pressed) {
      names.forEach((name) => waiting.add(name));
      return;
    }
    const active = root.contains(document.activeElement) ? document.activeElement : null;
    const at = active && [active.selectionStart, active.selectionEnd];
    for (const name of names) {
      const part = root.querySelector(`[data-part="${name}"]`);
      const fresh = document.createElement("template");
      fresh.innerHTML = drawn[name] = model.get(name);
      for (const one of fresh.content.querySelectorAll(REFERENCES.map((key) => `[${key}]`).join())) {
        for (const key of REFERENCES) {
          const held = one.getAttribute(key);
          if (held) one.setAttribute(key, held.split(" ").map((id) => `${view}-${id}`).join(" "));
        }
      }
      morphChildren(part, fresh.content, typing);
    }
    if (active && document.activeElement !== active) {
      // Moving an element takes the focus from it.
      const home = active.isConnected ? active : active.id && document.getElementById(active.id);
      if (home) {
        home.focus({ preventScroll: true });
        if (home === active && at?.[0] != null) home.setSelectionRange(...at);
      }
    }
  }

  function told(news) {
    if (news.reset) {
      typing.clear();
      for (const field of root.querySelectorAll("input, textarea, select")) serve(field);
    }
    if (news.view !== view) return;
    if (news.said) root.querySelector(".ncco-live").textContent = news.said;
    // A group of boxes is passed over: its first box is named after it.
    const target = news.focus.map(find).find((one) => one?.matches("button, input, select, textarea, [tabindex]"));
    if (!target) return;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
    if (target.matches("input[type=text], textarea") && target.dataset.editor === undefined) target.select();
  }

  // ---- from the page to Python

  function send(element, more = {}, files = undefined) {
    flush();
    const args = JSON.parse(element.dataset.args || "{}");
    tell({ do: element.dataset.do, ...args, ...more }, files);
  }

  function tell(message, files = undefined) {
    try {
      model.send({ ...message, view }, undefined, files);
    } catch {
      gone();
    }
  }

  // After a restart of the kernel nobody listens any more; what has been typed can still be copied.
  function gone() {
    if (root.querySelector(".ncco-gone")) return;
    const words = "✗ Python has forgotten this builder: run its cell again. What you see here can still be copied.";
    root.prepend(make("div", "ncco-banner ncco-gone", words, { role: "alert" }));
  }

  function flush() {
    clearTimeout(timer);
    const field = pending;
    pending = null;
    if (field?.isConnected) send(field, { value: valueOf(field), live: true });
  }

  function drop() {
    clearTimeout(timer);
    pending = null;
  }

  function onInput({ target }) {
    if (!target.dataset?.do) return;
    typing.add(target);
    if (target.dataset.live === undefined) return;
    if (pending && pending !== target) flush();
    pending = target;
    clearTimeout(timer);
    timer = setTimeout(flush, TYPING_PAUSE);
  }

  async function onChange({ target }) {
    if (!target.dataset?.do) return;
    if (pending === target) drop();
    // A key steps on from where a menu or a slider stands: no older answer may set it back.
    if (!target.matches(STEPPED)) typing.delete(target);
    if (target.type === "file") {
      const file = target.files[0];
      // A larger one would break the line to the kernel.
      const { name, size } = file ?? {};
      if (file) send(target, { name, size }, size > MOST_BYTES ? [] : [await file.arrayBuffer()]);
      target.value = "";
      return;
    }
    send(target, { value: valueOf(target) });
  }

  function onClick({ target }) {
    const button = target.closest("button");
    if (!button || !root.contains(button) || button.getAttribute("aria-disabled") === "true") return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.goto) goTo(button.dataset.goto);
    else if (button.dataset.do === "apply") apply(root.querySelector("[data-editor]"));
    else if (button.dataset.do) send(button);
  }

  function onBlur({ target }) {
    if (target.matches(STEPPED) && typing.delete(target)) serve(target);
  }

  function apply(editor) {
    if (!editor) return;
    typing.delete(editor);
    send(editor, { value: valueOf(editor) });
  }

  async function copy(button) {
    const from = find(button.dataset.copy);
    const live = root.querySelector(".ncco-live");
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      live.textContent = button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(from);
      live.textContent = button.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  function goTo(place) {
    const editor = root.querySelector("[data-editor]");
    if (!editor) return;
    const [line, column] = place.split(",").map(Number);
    const before = editor.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = before + column - 1;
    editor.focus();
    editor.setSelectionRange(at, at + 1);
    const height = parseFloat(getComputedStyle(editor).lineHeight) || 18;
    editor.scrollTop = Math.max(0, (line - 4) * height);
  }

  function onKey(event) {
    const { target, key } = event;
    if (!root.contains(target)) return;
    const control = event.ctrlKey || event.metaKey;
    const done = () => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const press = (name) => root.querySelector(`[data-do="${name}"]:not([aria-disabled=true])`)?.click();
    const card = target.closest("[data-card]");
    const editing = target.dataset.editor !== undefined && typing.has(target);
    if (control && key.toLowerCase() === "z" && !editing) {
      done();
      if (pending) flush();
      press(event.shiftKey ? "redo" : "undo");
    } else if (control && key.toLowerCase() === "y" && !editing) {
      done();
      press("redo");
    } else if (control && key === "Enter") {
      done();
      if (target.dataset.editor !== undefined) apply(target);
      else if (target.matches("input, textarea")) target.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (event.altKey && !control && (key === "ArrowUp" || key === "ArrowDown") && card) {
      done();
      card.querySelector(`[data-do="${key === "ArrowUp" ? "up" : "down"}"]`)?.click();
    } else if (!control && key === "Delete" && target.matches(".ncco-toggle")) {
      done();
      card.querySelector('[data-do="remove"]').click();
    } else if (!control && key === "Escape" && target.closest("[data-part=panel]")) {
      done();
      root.querySelector("[data-part=panel] [data-do=panel]").click();
    } else if (!control && !event.altKey && target.getAttribute("role") === "tab" && key.startsWith("Arrow")) {
      done();
      const tabs = [...target.parentElement.children];
      const step = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
      tabs[(tabs.indexOf(target) + step + tabs.length) % tabs.length].click();
    } else if (!control) {
      event.stopImmediatePropagation();
    }
  }

  let release = 0;
  const onDown = ({ target }) => {
    if (!target.closest("button, label, summary, input[type=checkbox]")) return;
    pressed = true;
    release = setTimeout(onUp, 1000);
  };
  const onUp = () => {
    clearTimeout(release);
    // The click comes right after this, and goes first.
    setTimeout(() => {
      pressed = false;
      const names = [...waiting];
      waiting = new Set();
      if (names.length) draw(names);
    });
  };

  listen(end, root, { input: onInput, change: onChange, click: onClick, focusout: onBlur,
    pointerdown: onDown });
  listen(end, window, { pointerup: onUp, pointercancel: onUp, keydown: onKey }, true);
  model.on("change", update);
  draw(PARTS);

  return () => {
    clearTimeout(timer);
    clearTimeout(release);
    end.abort();
    model.off("change", update);
  };
}

function valueOf(field) {
  return field.type === "checkbox" ? field.checked : field.value.slice(0, MOST_BYTES);
}

// Make a field show what Python says, unless somebody is typing in it.
function serve(field) {
  const served = field.served;
  if (served === undefined || field.type === "file") return;
  if (field.type === "checkbox") field.checked = served;
  else if (field.value !== served) {
    const at = field === document.activeElement ? [field.selectionStart, field.selectionEnd] : [];
    field.value = served;
    if (at[0] != null) field.setSelectionRange(...at);
  }
}

function morphChildren(old, fresh, typing) {
  const named = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
  let next = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    let match = want.id ? named.get(want.id) : undefined;
    if (!match && next && !want.id && !next.id && next.nodeName === want.nodeName) match = next;
    if (match && match.nodeName === want.nodeName) {
      if (match === next) next = next.nextSibling;
      else old.insertBefore(match, next);
      morph(match, want, typing);
    } else {
      remember(want);
      old.insertBefore(want, next);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function morph(old, fresh, typing) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  // A closed card that stays as it is holds no field; there may be many.
  if (old.dataset.card && old.isEqualNode(fresh) && !old.querySelector("input, textarea, select")) return;
  const field = old.matches("input, textarea, select");
  for (const { name } of [...old.attributes]) {
    // What a person has done to an element stays: a box made larger, a list unfolded.
    if (!fresh.hasAttribute(name) && name !== "style" && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.nodeName !== "TEXTAREA") morphChildren(old, fresh, typing);
  if (field) {
    old.served = valueOf(fresh);
    if (!(typing.has(old) && document.activeElement === old)) {
      typing.delete(old);
      serve(old);
    }
  }
}

// A field that comes into the page keeps in mind what Python said it holds.
function remember(element) {
  if (element.nodeType !== Node.ELEMENT_NODE) return;
  const fields = element.querySelectorAll("input, textarea, select");
  for (const field of [element, ...fields]) {
    if (field.matches("input, textarea, select")) field.served = valueOf(field);
  }
}

export default { render };

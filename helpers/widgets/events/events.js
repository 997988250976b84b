// The event panel in the browser: draws the rows that Python sends, and tells Python what is done here.
// Python keeps all rows, and filters: here are only those that are on screen.

const CALLS = 500; // calls whose headings are kept, for the menus
const QUIET = 2500; // ms between two announcements to a screen reader
const AT_ONCE = 24; // lines drawn in one go: in a flood the page must still take keys; older ones follow in a calm
const CALM = 300; // ms
const KINDS = [["", "Everything"], ["event", "All events"], ["status", "– status"], ["input", "– input"],
  ["record", "– record"], ["transfer", "– transfer"], ["notify", "– notify"], ["error", "– error"],
  ["answer", "Answer webhooks"], ["audio", "Audio files"], ["request", "Other requests"], ["flagged", "With a flag"],
  ["made up", "Made up by hand"]];
// `data-ref` is the name that an element has in its View.
const PAGE = `<div class="evp-top"><span class="evp-title">Events</span><span data-ref="state"></span>
    <span class="evp-counts" data-ref="counts"></span><span class="evp-tools">
      <button type="button" class="evp-button" data-ref="sendButton" aria-expanded="false">Send an event…</button>
    </span></div>
  <div class="evp-filters" role="search" aria-label="Filter of the event panel">
    <input class="evp-search" data-ref="text" type="search" placeholder="Filter: words, number, uuid, path"
      aria-label="Filter by text" spellcheck="false">
    <select data-ref="kind" aria-label="Filter by kind">
      ${KINDS.map(([value, name]) => `<option value="${value}">${name}</option>`).join("")}</select>
    <select data-ref="call" aria-label="Filter by call"></select>
    <label class="evp-check"><input data-ref="group" type="checkbox" checked> by call</label>
    <button type="button" class="evp-button evp-quiet" data-ref="reset">Clear</button></div>
  <form class="evp-send" data-ref="form" hidden aria-label="Send a made-up event">
    <label class="evp-field"><span>Ready-made</span><select data-ref="ready"></select></label>
    <label class="evp-field"><span>Of call</span><select data-ref="of"></select></label>
    <label class="evp-field"><span>Method</span><select data-ref="method"><option>POST<option>GET</select></label>
    <label class="evp-field"><span>Path</span>
      <input data-ref="path" type="text" value="/event" spellcheck="false"></label>
    <label class="evp-field evp-wide"><span>What is in it (JSON)</span>
      <textarea data-ref="body" rows="9" spellcheck="false"></textarea></label>
    <div class="evp-wide evp-row-of"><button class="evp-button evp-main">Send</button>
      <button type="button" class="evp-button" data-ref="closeForm">Close</button>
      <span class="evp-said" data-ref="said" role="status"></span></div></form>
  <p class="evp-note" data-ref="note" hidden></p>
  <div class="evp-scroll" data-ref="scroll" role="region" aria-label="Events and requests, newest last" tabindex="-1">
    <table data-ref="table">
      <caption class="kit-unseen">Events and requests by call. Enter opens a line, the arrow keys move.</caption>
      <colgroup><col class="evp-c1"><col class="evp-c2"><col><col class="evp-c4"><col class="evp-c5"></colgroup>
      <thead><tr><th scope="col">time</th><th scope="col">event</th><th scope="col">what it means</th>
        <th scope="col">request</th><th scope="col">reply</th></tr></thead></table></div>
  <button type="button" class="evp-jump" data-ref="jump" hidden>↓ Newest</button>
  <div class="evp-foot"><span data-ref="newest"></span><span class="evp-showing" data-ref="showing"></span></div>
  <div class="kit-unseen" data-ref="live" role="status" aria-live="polite"></div>`;

const hidden = { "aria-hidden": "true" };

// What has come and passes the filter: one store for all views of one panel.
class Store {
  constructor(model) {
    Object.assign(this, { views: new Set(), rows: [], calls: new Map(), upto: 0 });
    this.take(model.get("snapshot"));
  }

  take(news) {
    const known = news.era === this.era; // else all was forgotten
    if (!known) this.calls.clear();
    const before = known ? this.upto : 0;
    const rows = known && !news.anew ? this.rows : [];
    const last = rows.at(-1)?.n ?? 0;
    // What another page of this panel has asked for may be here already.
    const fresh = (news.rows ?? []).filter((row) => row.n > last);
    const { era, counts, upto = before } = news;
    const { limit, ready, newest, passed } = { ...this, ...news }; // `passed`: the filter that the rows have passed
    Object.assign(this, { era, counts, upto, limit, ready, newest, passed, rows: [...rows, ...fresh].slice(-limit) });
    for (const call of news.calls ?? []) this.calls.set(call.g, call);
    const used = new Set(this.rows.map((row) => row.g || 0));
    for (const g of [...this.calls.keys()].slice(0, -CALLS)) if (!used.has(g)) this.calls.delete(g);
    this.views.forEach((view) => view.news(fresh.filter((row) => row.n > before)));
  }
}

function badge(sign, text, look) {
  return make("span", `evp-badge evp-${look}`, [make("span", "", sign, hidden), ` ${text}`]);
}

function flagLines(flags = []) {
  return flags.map(([sign, word, advice]) => make("div", `evp-flag ${sign === "✗" ? "evp-is-bad" : "evp-is-odd"}`,
    [make("b", "", `${sign} ${word}`), ` ${advice}`]));
}

class View {
  constructor(model, store, el) {
    Object.assign(this, { model, store, el, id: viewName(), end: new AbortController() });
    this.drawn = new Map(); // n -> its line in the table
    this.bodies = new Map(); // call -> its part of the table
    this.opened = new Set();
    this.details = new Map();
    this.folded = new Set();
    this.grouped = true;
    this.follow = true;
    this.span = AT_ONCE;
    this.unread = [];
    this.build();
    this.showState();
    this.showFilter();
    this.draw();
  }

  build() {
    const root = (this.root = make("section", "kit-widget evp", "", { "aria-label": "Event panel" }));
    root.innerHTML = PAGE;
    for (const one of root.querySelectorAll("[data-ref]")) this[one.dataset.ref] = one;
    this.el.append(root);

    this.text.oninput = this.kind.onchange = this.call.onchange = () => this.look();
    this.group.onchange = () => {
      this.grouped = this.group.checked;
      this.wipe();
      this.draw();
    };
    this.reset.onclick = () => {
      this.text.value = this.kind.value = this.call.value = "";
      this.look();
      this.text.focus();
    };
    this.sendButton.onclick = () => this.showForm(this.form.hidden);
    this.jump.onclick = () => {
      this.follow = true;
      this.toNewest();
    };
    this.scroll.onscroll = () => this.scrolled();
    this.ready.onchange = this.of.onchange = () => this.draft();
    this.closeForm.onclick = () => this.showForm(false);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.say("Sending… (it waits while a cell runs)");
      this.ask("send", { method: this.method.value, path: this.path.value, body: this.body.value });
    };
    const down = () => (this.pressed = true);
    const up = () => setTimeout(() => {
      if (!this.pressed) return;
      this.pressed = false;
      this.soon();
    });
    const focused = ({ target }) => this.rove(target);
    listen(this.end, this.table, { click: (event) => this.clicked(event), focusin: focused, pointerdown: down });
    listen(this.end, window, { keydown: (event) => this.key(event), pointerup: up, pointercancel: up }, true);
    this.resized = new ResizeObserver(() => this.follow && this.toNewest());
    this.resized.observe(this.scroll);
  }

  draft() {
    this.ask("draft", { name: this.ready.value, call: this.of.value });
  }

  ask(what, facts = {}) {
    this.model.send({ do: what, view: this.id, ...facts });
  }

  // ---- from Python to the page

  news(rows) {
    if (rows.length > AT_ONCE / 2 && this.follow) this.span = AT_ONCE;
    clearTimeout(this.growing);
    this.growing = 0;
    if (rows.length) this.announce(rows);
    this.soon();
  }

  answer(message) {
    if (message.view !== this.id) return;
    if (message.do === "detail") {
      this.details.set(message.n, message);
      this.showDetail(message.n);
    } else if (message.do === "draft") {
      this.method.value = message.method;
      this.path.value = message.path;
      this.body.value = message.body;
      this.say("");
    } else if (message.do === "sent") this.say(message.words, message.ok ? "evp-ok" : "evp-wrong");
  }

  say(words, look = "") {
    this.said.textContent = words;
    this.said.className = `evp-said ${look}`;
  }

  // ---- drawing

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.pressed) this.draw();
    });
  }

  wipe() {
    this.bodies.forEach((body) => body.remove());
    this.bodies.clear();
    this.drawn.clear();
  }

  draw() {
    if (this.era !== this.store.era) {
      this.wipe();
      this.era = this.store.era;
      this.opened.clear();
      this.details.clear();
    }
    const rows = this.store.rows.slice(-this.span);
    const wanted = new Set(rows.map((row) => row.n));
    for (const [n, line] of this.drawn) {
      if (wanted.has(n)) continue;
      line.more?.remove();
      line.remove();
      this.drawn.delete(n);
    }
    const byCall = new Map();
    for (const row of rows) {
      const key = this.grouped ? row.g || 0 : 0;
      if (!byCall.has(key)) byCall.set(key, []);
      byCall.get(key).push(row);
    }
    // A call of which nothing came has no lines: only its heading, which says so.
    for (const [g, call] of this.store.calls) if (this.grouped && g && !call.x && call.f.length) byCall.set(g, []);
    for (const [g, body] of this.bodies) {
      if (byCall.has(g)) continue;
      body.remove();
      this.bodies.delete(g);
    }
    let place = this.table.tHead.nextElementSibling;
    for (const g of [...byCall.keys()].sort((a, b) => (a || Infinity) - (b || Infinity))) {
      const body = this.bodyOf(g);
      if (body === place) place = body.nextElementSibling;
      else this.table.insertBefore(body, place);
      let at = body.rows[this.grouped ? 1 : 0] || null;
      for (const row of byCall.get(g)) {
        const line = this.lineOf(row);
        for (const one of line.more ? [line, line.more] : [line]) {
          if (one === at) at = at.nextElementSibling;
          else body.insertBefore(one, at);
        }
      }
    }
    this.showCounts(rows);
    if (rows.length >= this.span && this.span < this.store.limit && !this.growing) {
      this.growing = setTimeout(() => {
        this.growing = 0;
        this.span += AT_ONCE;
        this.soon();
      }, this.span === AT_ONCE ? CALM : 30);
    }
    this.tabStop();
    if (this.follow) this.toNewest();
    else this.scrolled();
  }

  bodyOf(g) {
    let body = this.bodies.get(g);
    if (!body) {
      body = make("tbody");
      this.bodies.set(g, body);
      if (this.grouped) body.append(make("tr", "evp-group"));
    }
    const call = this.store.calls.get(g);
    if (this.grouped && body.call !== call) {
      body.call = call;
      const had = body.rows[0].contains(document.activeElement);
      body.rows[0].replaceChildren(this.heading(g, call));
      if (had) body.rows[0].querySelector("button").focus();
      body.classList.toggle("evp-folded", this.folded.has(g));
      for (const line of body.querySelectorAll(".evp-line")) this.showLeg(line);
    }
    return body;
  }

  heading(g, call) {
    const inside = [make("span", "evp-arrow", "▾", hidden), make("span", "evp-name", call?.name)];
    const fold = make("button", "evp-fold", inside, { type: "button", "aria-expanded": String(!this.folded.has(g)),
      tabindex: "-1", "data-fold": g });
    const legs = call?.legs.length > 1 ? call.legs : [];
    const line = make("div", "evp-heading", [
      fold,
      call?.to && make("span", "evp-numbers", call.to),
      call?.d && make("span", "evp-soft", call.d),
      call?.b && badge(call.i, call.b, call.c),
      legs.map(([letter, status]) => make("span", "evp-leg", `leg ${letter} ${status}`)),
      make("span", "evp-soft evp-many", `${call?.x || 0} ${call?.x === 1 ? "line" : "lines"}`),
    ]);
    return make("th", "", [line, flagLines(call?.f)], { colspan: "5", scope: "rowgroup" });
  }

  lineOf(row) {
    let line = this.drawn.get(row.n);
    if (line) return line;
    const flags = (row.f || []).map(([, word]) => `, flag ${word}`).join("");
    const open = make("button", "evp-open", [
      make("span", "evp-arrow", "▸", hidden), make("span", "evp-time", row.t && `${row.t} s`),
    ], { type: "button", "aria-expanded": "false", tabindex: "-1", "data-open": row.n,
      "aria-label": `${row.b}, ${row.t ? `${row.t} seconds, ` : ""}${row.s}${flags}` });
    line = make("tr", `evp-line evp-${row.c}`, [
      make("td", "", open),
      make("td", "", badge(row.i, row.b, row.c)),
      make("td", "", [make("div", "evp-sentence", row.s), flagLines(row.f)]),
      make("td", "", make("code", "", row.m)),
      make("td", "", [
        row.r && make("span", Number(row.r) < 400 ? "evp-soft" : "evp-wrong", row.r),
        row.ms && make("span", "evp-soft", row.ms < 1000 ? ` ${row.ms} ms` : ` ${(row.ms / 1000).toFixed(1)} s`),
      ]),
    ], { "data-n": row.n });
    line.row = row;
    this.drawn.set(row.n, line);
    this.showLeg(line);
    if (row.n > (this.shownUpto || 0)) {
      if (this.shownUpto !== undefined && this.store.counts.rows - row.n < 5) line.classList.add("evp-new");
      this.shownUpto = row.n;
    }
    if (row.d) this.details.set(row.n, row.d);
    if (this.opened.has(row.n)) this.unfold(line);
    return line;
  }

  showLeg(line) {
    const { row } = line;
    const call = this.store.calls.get(row.g || 0);
    const words = [!this.grouped && call?.name, call?.legs.length > 1 && row.l && `leg ${row.l}`,
      row.o !== call?.o && row.o].filter(Boolean);
    line.querySelector(".evp-whose")?.remove();
    if (words.length) line.cells[1].append(make("span", "evp-whose", words.join(", ")));
  }

  // ---- one line opened

  toggle(line) {
    const { n } = line.row;
    if (!this.opened.delete(n)) {
      this.opened.add(n);
      this.follow = false;
      if (!this.details.has(n)) this.ask("open", { n });
    }
    this.unfold(line);
    line.more?.scrollIntoView({ block: "nearest" });
  }

  // Show below a line the whole of it, if it is one of those that are open.
  unfold(line) {
    const open = this.opened.has(line.row.n);
    line.classList.toggle("evp-opened", open);
    line.querySelector(".evp-open").setAttribute("aria-expanded", String(open));
    line.more?.remove();
    line.more = open ? make("tr", "evp-more", make("td", "", "", { colspan: "5" })) : null;
    if (!open) return;
    line.after(line.more);
    this.showDetail(line.row.n);
  }

  showDetail(n) {
    const cell = this.drawn.get(n)?.more?.firstChild;
    if (!cell) return;
    const detail = this.details.get(n);
    if (!detail) {
      cell.textContent = "Python is asked for it (it waits while a cell runs)…";
      return;
    }
    const [cause, next] = detail.why;
    const why = cause && make("p", "evp-why", [make("b", "", "Why: "), `${cause} `, make("b", "", "Next: "), next]);
    const sides = [["Request", detail.request], ["Your reply", detail.reply]].map(([title, [first, headers, body]]) => {
      const many = `${headers.length} header${headers.length === 1 ? "" : "s"}`;
      return make("div", "evp-side", [
        make("div", "evp-side-title", title), make("code", "evp-first", first),
        headers.length > 0 && make("details", "", [make("summary", "", many), make("pre", "", headers.join("\n"))]),
        body ? make("pre", "", body) : make("p", "evp-soft", "No body."),
      ]);
    });
    cell.replaceChildren(...[why, make("div", "evp-both", sides)].filter(Boolean));
  }

  clicked({ target }) {
    const fold = target.closest("[data-fold]");
    if (fold) {
      const g = Number(fold.dataset.fold);
      if (!this.folded.delete(g)) this.folded.add(g);
      this.bodies.get(g).classList.toggle("evp-folded", this.folded.has(g));
      fold.setAttribute("aria-expanded", String(!this.folded.has(g)));
      return;
    }
    const line = target.closest(".evp-line");
    if (line && !String(getSelection())) this.toggle(line);
  }

  // ---- what is told about it all

  showCounts(rows) {
    const { counts, newest } = this.store;
    const many = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
    this.counts.replaceChildren(
      make("span", "evp-chip", many(counts.events, "event")),
      make("span", "evp-chip", many(counts.requests, "other request")),
      make("span", "evp-chip", many(counts.calls, "call")),
      ...(counts.flags ? [make("span", "evp-chip evp-chip-flag", `⚑ ${many(counts.flags, "flag")}`)] : []),
    );
    const looking = this.looking();
    const filtered = Object.values(looking).some(Boolean);
    const answered = Object.keys(looking).every((name) => looking[name] === (this.store.passed[name] ?? ""));
    const asked = this.lost ? "Not filtered: no kernel answers" : "Python is asked (it waits while a cell runs)…";
    this.reset.hidden = !filtered;
    const all = counts.rows.toLocaleString("en");
    const last = counts.rows > rows.length ? `The last ${rows.length} of ${all}; panel.to_jsonl() has all` : "";
    this.showing.textContent = !answered ? asked : filtered ? `${rows.length} shown by the filter, of ${all}` : last;
    const said = newest ? [make("span", "evp-soft", "Newest "), badge(newest.i, newest.b, newest.c), ` ${newest.s}`]
      : [make("span", "evp-soft", "No events yet. They show here as soon as they reach your server.")];
    this.newest.replaceChildren(...said);
    this.root.classList.toggle("evp-empty", !rows.length);
    this.fillCalls(this.call, [["", "All calls"]]);
  }

  fillCalls(select, first) {
    const calls = [...this.store.calls.values()].sort((a, b) => a.g - b.g).slice(-50);
    const options = [...first, ...calls.filter((call) => call.g || select === this.call)
      .map((call) => [String(call.g), call.to && select === this.of ? `${call.name}, ${call.to}` : call.name])];
    const wanted = select === this.call ? this.looking().call : select.value;
    if (wanted && !options.some(([value]) => value === wanted)) options.push([wanted, `Call ${wanted}`]);
    const key = JSON.stringify(options);
    if (select.key === key) return;
    select.key = key;
    select.replaceChildren(...options.map(([value, name]) => make("option", "", name, { value })));
    select.value = wanted;
  }

  announce(rows) {
    this.unread.push(...rows);
    if (this.speaking || !this.unread.length) return;
    const [many, last] = [this.unread.length, this.unread.at(-1)];
    const flags = (last.f || []).map(([, word]) => ` Flag: ${word}.`).join("");
    this.live.textContent = `${many > 1 ? `${many} new. Newest: ` : ""}${last.b}. ${last.s}${flags}`;
    this.unread = [];
    this.speaking = setTimeout(() => {
      this.speaking = 0;
      this.announce([]);
    }, QUIET);
  }

  showState(lost) {
    if (lost) this.lost = true;
    const restarted = "The kernel was stopped or restarted: run the cell again for a live panel.";
    const note = this.lost ? restarted : this.model.get("note");
    this.state.className = `evp-state evp-state-${note ? "over" : "live"}`;
    this.state.textContent = note ? "■ closed" : "● live";
    this.note.hidden = !note;
    this.note.textContent = note;
    this.soon();
  }

  // ---- the filter

  looking() {
    return { text: "", kind: "", call: "", ...(this.asking ?? this.model.get("looking")) };
  }

  look() {
    // Told to the model when it is sent, not before: meanwhile what Python says of the last one would replace it.
    this.asking = { text: this.text.value, kind: this.kind.value, call: this.call.value };
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.model.set("looking", this.asking);
      this.model.save_changes();
      this.asking = null;
    }, 200);
    this.soon();
  }

  showFilter() {
    const { text, kind, call } = this.looking();
    if (document.activeElement !== this.text) this.text.value = text;
    this.kind.value = kind;
    if (this.kind.value !== kind) this.kind.append(make("option", "", kind, { value: kind, selected: "" }));
    this.fillCalls(this.call, [["", "All calls"]]);
    this.call.value = call;
    this.soon();
  }

  showForm(show) {
    this.form.hidden = !show;
    this.sendButton.setAttribute("aria-expanded", String(show));
    if (!show) {
      this.sendButton.focus();
      return;
    }
    if (!this.ready.options.length) {
      (this.store.ready || []).forEach(([value, name]) => this.ready.append(make("option", "", name, { value })));
    }
    this.fillCalls(this.of, [["", "a new call"]]);
    this.draft();
    this.ready.focus();
  }

  // ---- keys and scrolling

  toNewest() {
    let line = null;
    for (const one of this.drawn.values()) if (!line || one.row.n > line.row.n) line = one;
    if (line) {
      const view = this.scroll.getBoundingClientRect();
      const place = line.getBoundingClientRect();
      const head = this.table.tHead.offsetHeight;
      const below = place.bottom - view.top - this.scroll.clientHeight;
      if (place.bottom > view.bottom) this.scroll.scrollTop += Math.ceil(below);
      else if (place.top < view.top + head) this.scroll.scrollTop -= Math.ceil(view.top + head - place.top);
    }
    this.jump.hidden = true;
  }

  scrolled() {
    const last = Math.max(0, ...this.drawn.keys());
    const line = this.drawn.get(last);
    const view = this.scroll.getBoundingClientRect();
    const place = line?.getBoundingClientRect();
    this.follow = !place || !place.height || (place.bottom <= view.bottom + 8 && place.top >= view.top - 8);
    this.jump.hidden = this.follow;
  }

  rove(target) {
    if (!target.matches("[data-open], [data-fold]")) return;
    if (this.roving) this.roving.tabIndex = -1;
    target.tabIndex = 0;
    this.roving = target;
    this.chosen = target === document.activeElement;
  }

  key(event) {
    const { target, key } = event;
    if (!this.root.contains(target) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopImmediatePropagation();
    if (key === "Escape") {
      const line = target.closest(".evp-more")?.previousElementSibling || target.closest(".evp-line");
      if (target.closest(".evp-send")) this.showForm(false);
      else if (line && this.opened.has(line.row.n)) {
        this.toggle(line);
        line.querySelector("button").focus();
      } else if (target === this.text && this.text.value) {
        this.text.value = "";
        this.look();
      } else return;
      event.preventDefault();
      return;
    }
    const inTable = target.matches("[data-open], [data-fold]") || target === this.scroll;
    if (!inTable || !["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) return;
    event.preventDefault();
    const all = [...this.table.querySelectorAll("[data-open], [data-fold]")].filter((one) => one.offsetParent);
    const at = all.indexOf(target);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  }

  // The table is one stop of the Tab key: where one was last, else the newest line.
  tabStop() {
    if (this.roving?.isConnected && this.chosen) return;
    const newest = this.drawn.get(Math.max(...this.drawn.keys()));
    if (newest) this.rove(newest.querySelector("[data-open]"));
  }

  close() {
    clearTimeout(this.typing);
    clearTimeout(this.growing);
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    this.end.abort();
    this.root.remove();
  }
}

export default () => {
  let store;
  return {
    initialize({ model }) {
      store = new Store(model);
      model.on("msg:custom", (message) => {
        if (message.do === "news") store.take(message);
        else store.views.forEach((view) => view.answer(message));
      });
      model.on("change:snapshot", () => store.take(model.get("snapshot")));
      model.send({ do: "hello", upto: store.upto, era: store.era });
    },
    render({ model, el }) {
      const view = new View(model, store, el);
      store.views.add(view);
      const on = [["change:note", () => view.showState()], ["change:looking", () => view.showFilter()],
        ["comm_live_update", () => view.showState(true)]];
      on.forEach(([name, handler]) => model.on(name, handler));
      return () => {
        on.forEach(([name, handler]) => model.off(name, handler));
        store.views.delete(view);
        view.close();
      };
    },
  };
};

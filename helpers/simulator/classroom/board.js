// The teacher's board: what comes from the exchange is shown, what is pressed is sent. Words of others are text, never HTML.

const $ = (id) => document.getElementById(id);
const rows = new Map(), cards = new Map();
const RECENT = 120; // seconds for which trouble stands out
let room = {}, fresh = true, news = [];

function make(name, style = "", text = "") {
  const element = document.createElement(name);
  if (style) element.className = style;
  element.textContent = text;
  return element;
}
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function ago(seconds) {
  const passed = Math.max(0, Date.now() / 1000 - seconds);
  return passed < 60 ? "" : passed < 3600 ? `${Math.floor(passed / 60)} min ago` : `${Math.floor(passed / 3600)} h ago`;
}
function tell(text, wrong = false) {
  $("told").className = wrong ? "wrong" : "";
  put($("told"), text);
}

// One card

function cardOf(key) {
  if (cards.has(key)) return cards.get(key);
  const item = make("li"), top = make("div", "top"), name = make("button");
  const card = { item, name, phone: make("span", "phone"), here: make("span", "here"), did: make("span"),
    didAt: make("time"), wrongs: make("p", "wrong"), wrong: make("span"), wrongAt: make("time"), chips: make("p", "chips") };
  const did = make("p");
  did.append(card.did, " ", card.didAt);
  card.wrongs.append(make("span", "", "⚠ "), card.wrong, " ", card.wrongAt);
  card.wrongs.firstChild.setAttribute("aria-hidden", "true");
  top.append(name, card.phone, card.here);
  item.append(top, did, card.wrongs, card.chips);
  name.addEventListener("click", () => choose($("who").value === key ? "" : key));
  cards.set(key, card);
  $("cards").append(item);
  $("who").append(new Option(rows.get(key).name, key));
  return card;
}
function draw(key) {
  const row = rows.get(key), card = cardOf(key);
  put(card.name, row.name);
  put(card.phone, row.phone);
  put(card.here, row.here ? "● here" : "○ away");
  put(card.did, row.did[0]);
  put(card.wrong, row.wrong[0]);
  card.wrongs.hidden = !row.wrong[0];
  card.item.classList.toggle("away", !row.here);
  const chips = Object.entries(row.lessons || {}).map(([lesson, { done, of }]) => {
    const chip = make("span", done.length === of ? "all" : "", `${lesson}: ${done.length} of ${of}`);
    chip.title = done.join(", ");
    return chip;
  });
  const named = (name) => document.querySelector(`[data-fault="${name}"]`).textContent;
  card.chips.replaceChildren(...row.faults.map((name) => make("span", "wrong", named(name))), ...chips);
  card.chips.hidden = !card.chips.childElementCount;
  age(key);
}
function age(key) {
  const row = rows.get(key), card = cards.get(key);
  put(card.didAt, ago(row.did[1]));
  put(card.wrongAt, row.wrong[0] ? ago(row.wrong[1]) : "");
  card.item.classList.toggle("trouble", Boolean(row.wrong[0]) && Date.now() / 1000 - row.wrong[1] < RECENT);
}
function forget(key) {
  cards.get(key)?.item.remove();
  for (const option of [...$("who").options]) if (key && option.value === key) option.remove();
  cards.delete(key);
  rows.delete(key);
}

// All of them

function choose(key) {
  $("who").value = key;
  drawBar();
}
function drawBar() {
  const key = $("who").value, chosen = key ? [rows.get(key)] : [...rows.values()];
  const whom = key ? rows.get(key).name : "everybody";
  for (const [other, card] of cards) card.name.setAttribute("aria-pressed", String(other === key));
  for (const button of document.querySelectorAll("[data-fault]")) {
    const struck = chosen.filter((row) => row.faults.includes(button.dataset.fault)).length;
    button.setAttribute("aria-pressed", !struck ? "false" : struck === chosen.length ? "true" : "mixed");
    button.disabled = !chosen.length;
  }
  put(document.querySelector('[data-what="ring"]'), `Ring ${whom}`);
  put(document.querySelector('[data-what="begin_again"]'), `Begin again: ${whom}`);
  for (const what of ["ring", "conference", "begin_again"]) {
    document.querySelector(`[data-what="${what}"]`).disabled = !chosen.length;
  }
  document.querySelector('[data-what="remove"]').disabled = !key;
  const { rung, ringing, answered } = room.call, on = ringing + answered > 0;
  for (const what of ["say", "hang_up"]) document.querySelector(`[data-what="${what}"]`).disabled = !on;
  put($("call"), on ? `${answered} of ${rung} in the call` : "");
  put($("door"), room.open ? "Close the door" : "Open the door");
  put($("word"), room.word || "closed");
  put($("all"), String(rows.size));
  put($("here"), String([...rows.values()].filter((row) => row.here).length));
  $("over").hidden = !room.deleted || rows.size > 0;
  put($("over"), `The class is over. Accounts deleted: ${room.deleted}, with their numbers, applications, calls and `
    + "records. Nothing is kept.");
}
// What a screen reader says: not each step of thirty, but who came, who went, and with whom something went wrong.
function watch(key, row) {
  const before = rows.get(key);
  if (fresh) return;
  if (!row) news.push(`${before?.name} is gone`);
  else if (!before) news.push(`${row.name} joined`);
  else if (row.wrong[0] && row.wrong[1] !== before.wrong[1]) news.push(`${row.name}: ${row.wrong[0]}`);
}
function take(changed) {
  if (changed[""]) room = changed[""];
  if (fresh) for (const key of [...rows.keys()]) if (!(key in changed)) forget(key);
  for (const [key, row] of Object.entries(changed)) {
    if (key === "") continue;
    watch(key, row);
    if (!row) {
      forget(key);
      continue;
    }
    rows.set(key, row);
    draw(key);
  }
  fresh = false;
  drawBar();
}
function speak() {
  if (!news.length) return;
  const more = news.length > 3 ? `, and ${news.length - 3} more` : "";
  put($("aloud"), `${news.slice(0, 3).join(". ")}${more}`);
  news = [];
}

// What is pressed

async function send(order) {
  const who = $("who").value ? { who: rows.get($("who").value).name } : {};
  try {
    const reply = await fetch("board/do", { method: "POST", body: JSON.stringify({ ...who, ...order }),
      headers: { "Content-Type": "application/json" } });
    const told = await reply.json();
    tell(reply.ok ? told.done : `${told.error} ${told.cure}`, !reply.ok);
  } catch {
    tell("The exchange does not answer.", true);
  }
}
function ask(button) {
  const dialog = document.querySelector("dialog");
  put($("asks"), `${button.textContent}?`);
  put($("means"), button.dataset.sure);
  put(dialog.querySelector('[value="yes"]'), button.textContent);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}
for (const button of document.querySelectorAll("[data-what]")) {
  button.addEventListener("click", async () => {
    if (button.dataset.sure && !(await ask(button))) return;
    send({ what: button.dataset.what, text: $("text").value });
  });
}
for (const button of document.querySelectorAll("[data-fault]")) {
  button.addEventListener("click", () => send({ what: "fault", name: button.dataset.fault,
    on: button.getAttribute("aria-pressed") !== "true" }));
}
$("door").addEventListener("click", () => send({ what: "door", open: !room.open }));
$("who").addEventListener("change", drawBar);
put($("address"), location.href.replace(/^https?:\/\//, "").replace(/\/class\/board.*/, ""));

function follow() {
  const source = new EventSource("board/events");
  source.addEventListener("open", () => {
    fresh = true;
    tell("");
  });
  source.addEventListener("message", ({ data }) => take(JSON.parse(data)));
  source.addEventListener("error", () => {
    tell("The connection to the exchange is lost. Trying again …", true);
    // Closed for good: signed out, or something on the way says no. The page comes anew once there is one.
    if (source.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  });
}
async function again() {
  const reply = await fetch("board").catch(() => null);
  if (reply?.ok) location.reload();
  else setTimeout(again, 3000);
}
follow();
setInterval(speak, 3000);
setInterval(() => [...rows.keys()].forEach(age), 15000);

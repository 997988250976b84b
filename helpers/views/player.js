// Brings a call's player to life: a line runs over the timeline, ladder and captions follow, and each mark is a button.
// Python puts it into the sound's `onloadedmetadata`, without these comments. Jupyter runs that in a notebook that is
// trusted; in any other it drops it, where a script would have to be asked for, and sound and pictures stay.
const sound = this, figure = sound.closest("figure");
sound.onloadedmetadata = null;
const { zero, left, second, spots, steps } = JSON.parse(sound.dataset.call);
const [timeline, ladder] = figure.querySelectorAll("[data-picture]");
const lines = [...figure.querySelectorAll("[data-from]")];
const put = (place, name, style) => {
  const element = document.createElement(name);
  element.style.cssText = `position:absolute;box-sizing:border-box;${style}`;
  return place.appendChild(element);
};
const hear = (at) => {
  sound.currentTime = Math.max(0, at - zero);
  // It may be stopped before it has begun.
  sound.play().catch(() => {});
};
const line = put(timeline, "div", "top:0;bottom:0;border-left:2px solid #d6336c;pointer-events:none");
const band = put(ladder, "div", "left:0;right:0;border:solid #d6336c;border-width:0 0 0 4px;pointer-events:none;"
  + "background:rgb(214 51 108/.13)");
const draw = () => {
  const now = sound.currentTime;
  // Who came into a conversation heard something before it began.
  line.style.left = `${100 * (left + second * Math.max(0, zero + now))}%`;
  for (const { style, dataset } of lines) {
    const on = dataset.from <= now && now < dataset.to && (now > 0 || !sound.paused);
    style.boxShadow = on ? "inset 4px 0 #d6336c" : "";
    style.fontWeight = on ? 600 : "";
  }
  const place = steps.findLastIndex(([at]) => at <= zero + now + 0.01);
  const [at, top] = steps[Math.max(place, 0)] ?? [0, 0];
  const first = steps.find((step) => step[0] === at)?.[1] ?? top;
  band.style.top = `${100 * first}%`;
  band.style.height = `${100 * ((steps[place + 1]?.[1] ?? 1) - first)}%`;
  const box = ladder.parentElement;
  if (!sound.paused) box.scrollTop = top * box.scrollHeight - box.clientHeight / 2;
};
const tick = () => {
  draw();
  if (!sound.paused && sound.isConnected) requestAnimationFrame(tick);
};
for (const [x, y, width, height, at, label] of spots) {
  const button = put(timeline, "button", `left:${x}%;top:${y}%;width:${width}%;height:${height}%;padding:0;border:0;`
    + "background:none;cursor:pointer");
  button.type = "button";
  button.title = `${label}: hear it, ${at.toFixed(1)} s`;
  button.dataset.lmSuppressShortcuts = "true";
  button.onclick = (event) => {
    event.stopPropagation();
    hear(at);
  };
}
timeline.onclick = ({ clientX }) => {
  const box = timeline.getBoundingClientRect();
  hear(((clientX - box.left) / box.width - left) / second);
};
ladder.onclick = ({ clientY }) => {
  const box = ladder.getBoundingClientRect();
  const step = steps.findLast(([, top]) => top <= (clientY - box.top) / box.height);
  if (step) hear(step[0]);
};
sound.onplay = () => {
  for (const other of document.querySelectorAll("audio")) if (other !== sound) other.pause();
  tick();
};
sound.onseeked = draw;
draw();

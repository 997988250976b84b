// What the scripts of all widgets share; Python puts it in front of each.

let views = 0;

// What the ids of one view begin with: two views of one widget have none in common.
const viewName = () => `v${++views}-${Math.random().toString(36).slice(2, 8)}`;

// An element, and what is in it: a text, an element, or a list of them; null and "" are left out. Whatever comes from
// the network goes into the page as text, never as HTML.
function make(name, style = "", inside = [], attributes = {}) {
  const element = document.createElement(name);
  if (style) element.className = style;
  element.append(...[inside].flat(Infinity).filter(Boolean));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// A text whose addresses may break behind a slash and the like: then no line has to break inside a word.
const breakable = (text) => String(text).split(/(?<=[/?&=])/).flatMap((part, place) => [
  place && document.createElement("wbr"), part]);

// Listen until the view is closed, which aborts `end`. What is captured in the window comes here before JupyterLab sees
// it: its shortcuts would run or delete cells, or restart the kernel.
function listen(end, target, handlers, capture = false) {
  const how = { capture, signal: end.signal };
  for (const [name, handler] of Object.entries(handlers)) target.addEventListener(name, handler, how);
}

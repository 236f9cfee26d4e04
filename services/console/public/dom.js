/** The element with this id, which the page has. */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** An element with text and attributes; text is never taken for markup. */
export function make(tag, { text, children = [], ...attributes } = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes only what has changed: an idle page costs nothing. */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Replaces the children of a list when their description is another one than before. */
export function setChildren(id, described, build) {
  const element = byId(id);
  const key = JSON.stringify(described);
  if (element.renderedKey === key) return;
  element.renderedKey = key;
  element.replaceChildren(...described.map(build));
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const formatCount = (value) => (value === null ? '–' : whole.format(value));
export const formatMoney = (value) => money.format(value);
export const formatMs = (value) => (value === null ? '–' : `${(value < 100 ? tenths : whole).format(value)} ms`);
export const formatTime = (iso) => new Date(iso).toLocaleTimeString('en-GB');

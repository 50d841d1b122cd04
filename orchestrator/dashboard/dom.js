/**
 * Making elements. What comes from the API goes in as text, and there is no other way in: nothing
 * here, or anywhere in the dashboard, turns a string into markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element.
 * @param {string} tag
 * @param {{[name: string]: any}} [attributes] `class`, `on` (listeners by their events), `prop`
 *   (properties), and attributes; null and false leave one out.
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, /** @type {any} */ (listener));
      }
    } else if (name === 'prop') Object.assign(element, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...kept(children));
  return element;
}

/**
 * Replace what is in an element.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...kept(children));
}

/**
 * Return a text in which `this` is code.
 * @param {string} text
 * @returns {Child[]}
 */
export function prose(text) {
  return text.split('`').map((part, at) => (at % 2 ? h('code', {}, part) : part));
}

/**
 * Set an element's text, and touch it only if it is new: a screen reader hears of each change.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function kept(children) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    nodes.push(child instanceof Node ? child : String(child));
  }
  return nodes;
}

let lastId = 0;

/** Return an id that no other element has. */
export function freshId() {
  lastId += 1;
  return `x${lastId}`;
}
